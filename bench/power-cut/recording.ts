import {statSync, writeFileSync} from 'node:fs'
import * as z from 'zod'
import {Machine, type StartOptions} from '../../machine/machine.ts'
import {copyDisk} from './copy-disk.ts'
import type {PreparedSubject} from './subject.ts'
import {type LogEntry, readWriteLog} from './write-log.ts'

/** Everything that a subject has written in one run. */
export interface Recording {
  readonly log: string
  readonly entries: readonly LogEntry[]
  readonly promises: readonly TimedPromise[]
  readonly seconds: number
}

interface TimedPromise {
  readonly what: string
  /** Size of the log when it was made: all that the promise rests on lies before. */
  readonly logBytes: number
}

/** Runs a subject once, with a log of all writes and flushes of its disk. */
export async function record(subject: PreparedSubject, scratch: string): Promise<Recording> {
  const log = `${scratch}/writes.log`
  const disk = copyDisk(subject.disk, `${scratch}/recorded.img`)
  const promises: TimedPromise[] = []
  const started = performance.now()
  await using machine = await startRecorded(subject, disk, log)
  await subject.work(machine, (what) => promises.push({what, logBytes: statSync(log).size}))
  await machine.powerCut()
  return {log, entries: readWriteLog(log), promises, seconds: (performance.now() - started) / 1000}
}

/** What was promised before a number of requests was completed. */
export const promisedBefore = ({entries, promises}: Recording, completed: number): string[] => {
  const bytes = entries[completed - 1]?.endsAt ?? 0
  return promises.filter(({logBytes}) => logBytes <= bytes).map(({what}) => what)
}

/** Starts a subject's machine on a disk. */
export const startSubject = ({machine}: PreparedSubject, disk: string): Promise<Machine> =>
  startOn(machine, {driver: 'file', filename: disk})

/** The same, with a log of what it writes. The host need not flush, since its own power stays. */
function startRecorded({machine}: PreparedSubject, disk: string, log: string): Promise<Machine> {
  const file = (filename: string) => ({driver: 'file', filename, cache: {'no-flush': true}})
  writeFileSync(log, '')
  return startOn(machine, {driver: 'blklogwrites', file: file(disk), log: file(log)})
}

const startOn = (machine: StartOptions, node: object): Promise<Machine> =>
  Machine.start({
    linesInMessages: true,
    ...machine,
    qemuArguments: [
      ...['-blockdev', JSON.stringify({'node-name': 'cut', discard: 'unmap', ...node})],
      // Behind a medium, where there is one.
      ...['-device', 'virtio-blk-pci,drive=cut,serial=TARGET,bootindex=9'],
    ],
  })

const BlockStatistics = z.array(
  z.object({'node-name': z.string().optional(), stats: z.object({wr_operations: z.int()})}),
)

/** Resolves when a subject's machine has written a number of times, or is off. */
export async function untilWritten(machine: Machine, writes: number): Promise<void> {
  while (machine.isRunning) {
    const statistics = BlockStatistics.parse(await machine.qmp('query-blockstats'))
    const written = statistics.find((each) => each['node-name'] === 'cut')?.stats.wr_operations
    if (written === undefined) throw new Error('QEMU does not count the writes of the disk')
    if (written >= writes) return
    await new Promise((wake) => setTimeout(wake, 20))
  }
}
