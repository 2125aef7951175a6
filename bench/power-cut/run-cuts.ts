import {mkdirSync} from 'node:fs'
import {join} from 'node:path'
import {copyDisk} from './copy-disk.ts'
import {chooseCut, replay} from './cut.ts'
import {glanceAfterEach} from './glance.ts'
import {type Random, randomBelow, seededRandom} from './random.ts'
import {promisedBefore, type Recording, record, startSubject, untilWritten} from './recording.ts'
import type {PowerCutSubject, PreparedSubject} from './subject.ts'

/** Disks that have lost something stay here. */
const lostDisks = join(import.meta.dirname, '../../out/power-cut')

export interface CutOptions {
  /** Directory of its own. */
  readonly scratch: string
  readonly cuts: number
  readonly seed: number
  /** Numbers of cuts, from 0. Default: all. */
  readonly only?: readonly number[] | undefined
  readonly print: (line: string) => void
}

/** A disk after a cut. */
interface CutDisk {
  /** How it was cut, in words. */
  readonly how: string
  readonly promised: readonly string[]
}

/** Cuts the power of a subject many times, examines each disk, and counts those that have lost something. */
export async function runCuts(
  subject: PowerCutSubject,
  {scratch, cuts, seed, only, print}: CutOptions,
): Promise<{readonly lost: number}> {
  const prepared = await subject.prepare(scratch)
  const recording = await record(prepared, scratch)
  print(renderRecording(recording))
  const disk = `${scratch}/cut.img`
  const found: Record<string, number> = {}
  let lost = glanceEverywhere(prepared, recording, {scratch, seed, print})
  for (let cut = 0; cut < cuts; cut++) {
    if (only !== undefined && !only.includes(cut)) continue
    // Each cut has its own seed, so that it can be repeated alone.
    const random = seededRandom(seed * 1000 + cut)
    copyDisk(prepared.disk, disk)
    const isKilled = cut % 4 === 3
    const {how, promised} = isKilled
      ? await killWhileWorking(prepared, recording, disk, random)
      : replayUntilCut(recording, disk, random, {isAtFlush: cut % 4 !== 0})
    const outcome = await examine(prepared, disk, promised)
    if (outcome.isLost) {
      lost++
      mkdirSync(lostDisks, {recursive: true})
      copyDisk(disk, join(lostDisks, `${subject.name}-${cut}.img`))
    }
    found[outcome.what] = (found[outcome.what] ?? 0) + 1
    print(`cut ${cut}, ${how}: ${outcome.isLost ? 'LOST: ' : ''}${outcome.what}`)
  }
  const outcomes = Object.entries(found).map(([what, count]) => `${count} × ${what.split('\n')[0]}`)
  print(`${cuts} cuts, ${lost} lost${lost > 0 ? ` (their disks are in ${lostDisks})` : ''}: ${outcomes.join(', ')}`)
  return {lost}
}

/** Looks at the disk after every request, and returns how many cuts have lost something. */
function glanceEverywhere(
  {glance, disk: before}: PreparedSubject,
  recording: Recording,
  {scratch, seed, print}: Pick<CutOptions, 'scratch' | 'seed' | 'print'>,
): number {
  if (glance === undefined) return 0
  const disk = copyDisk(before, `${scratch}/glanced.img`)
  const allowed = [glance(before), glance(`${scratch}/recorded.img`)]
  const seen = glanceAfterEach(recording, {disk, turns: 2, seed, glance})
  const others = [...seen].filter(([view]) => !allowed.includes(view))
  const lost = others.reduce((sum, [, count]) => sum + count, 0)
  for (const [view, count] of others) print(`LOST: ${count} × ${view}`)
  print(`${recording.entries.length * 2} cuts that were not booted, ${lost} lost`)
  return lost
}

async function examine(prepared: PreparedSubject, disk: string, promised: readonly string[]) {
  try {
    return {what: await prepared.examine(disk, promised), isLost: false}
  } catch (error) {
    return {what: error instanceof Error ? error.message : String(error), isLost: true}
  }
}

function replayUntilCut(
  recording: Recording,
  disk: string,
  random: Random,
  options: {readonly isAtFlush: boolean},
): CutDisk {
  const cut = chooseCut(recording.entries, random, options)
  replay(recording.log, cut, disk)
  const how = `after request ${cut.completed} of ${recording.entries.length}, without ${cut.lost} that were not flushed`
  return {how, promised: promisedBefore(recording, cut.completed)}
}

/** Kills QEMU after some number of writes. The host keeps those that were completed. */
async function killWhileWorking(
  prepared: PreparedSubject,
  {entries}: Recording,
  disk: string,
  random: Random,
): Promise<CutDisk> {
  const promised: string[] = []
  const writes = randomBelow(random, entries.filter(({dataAt}) => dataAt !== undefined).length)
  await using machine = await startSubject(prepared, disk)
  // It fails when its machine is gone, which is meant.
  const work = prepared.work(machine, (what) => void promised.push(what)).catch(() => {})
  await Promise.race([work, untilWritten(machine, writes)])
  const kept = [...promised]
  await machine.powerCut()
  await work
  return {how: `killed after ${writes} writes`, promised: kept}
}

function renderRecording({entries, seconds}: Recording): string {
  const flushes = entries.filter(({isFlush}) => isFlush).length
  const bytes = entries.reduce((sum, {sizeBytes, dataAt}) => sum + (dataAt === undefined ? 0 : sizeBytes), 0)
  return `writes ${(bytes / 1e6).toFixed(0)} MB in ${entries.length} requests with ${flushes} flushes, in ${seconds.toFixed(0)} s`
}
