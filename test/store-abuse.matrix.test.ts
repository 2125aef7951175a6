import {createHash} from 'node:crypto'
import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {execa} from 'execa'
import {expect, test} from 'vitest'
import {pruneCache, verifyCache} from '#engine'
import {scratchDirectory} from './scratch.ts'

const worker = join(import.meta.dirname, 'store-worker.ts')
const wanted = createHash('sha256')
  .update(Buffer.concat(Array.from({length: 40}, (_, byte) => Buffer.alloc(1 << 18, byte))))
  .digest('hex')

/** A store, and builds of other processes in it. */
function shared() {
  const directory = scratchDirectory()
  const store = join(directory, 'store')
  const build = (out = 'out') => execa(process.execPath, [worker, store, join(directory, out)], {reject: false})
  /** Everything is whole: a build makes the right bytes, the store holds nothing else, and nothing is left at work. */
  const expectWhole = async () => {
    expect(await build()).toMatchObject({exitCode: 0, stdout: wanted})
    expect((await verifyCache(store, new AbortController().signal)).damaged).toEqual([])
    expect(readdirSync(join(store, 'work'))).toEqual([])
    const out = join(directory, 'out')
    expect(readdirSync(out).filter((name) => name.endsWith('.half'))).toEqual([])
    expect(
      createHash('sha256')
        .update(readFileSync(join(out, 'whole')))
        .digest('hex'),
    ).toBe(wanted)
  }
  return {directory, store, build, expectWhole}
}

/** What a build takes from nothing on this machine, so that ends fall into all of it. */
async function usualMs(): Promise<number> {
  const {build} = shared()
  const started = performance.now()
  await build()
  return performance.now() - started
}

test('thirty builds that are killed at any moment leave a store in which everything is whole', async () => {
  const {build, store, expectWhole} = shared()
  const longestMs = await usualMs()
  for (let turn = 0; turn < 30; turn++) {
    const killed = build()
    await sleep((longestMs * (turn + 1)) / 30)
    killed.kill('SIGKILL')
    await killed
    // Else it would be finished after the first few.
    if (turn % 5 === 4) await pruneCache(store, {dryRun: false})
  }
  await expectWhole()
})

test('twenty builds that are asked to stop do so, with nothing left', async () => {
  const {build, store, expectWhole} = shared()
  const longestMs = await usualMs()
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (let turn = 0; turn < 20; turn++) {
    const stopped = build()
    await sleep((longestMs * (turn + 1)) / 20)
    stopped.kill(signals[turn % signals.length] ?? 'SIGINT')
    const {exitCode, signal} = await stopped
    // Before the program has begun, or when it had ended.
    expect(exitCode === 130 || exitCode === 0 || signal !== undefined, `${exitCode} ${signal}`).toBe(true)
    if (exitCode === 130 && existsSync(store)) expect(readdirSync(join(store, 'work'))).toEqual([])
    if (turn % 5 === 4) await pruneCache(store, {dryRun: false})
  }
  await expectWhole()
})

test('four builds at once, ten times from nothing, all make the same', async () => {
  const {build, store, expectWhole} = shared()
  for (let round = 0; round < 10; round++) {
    const built = await Promise.all(['a', 'b', 'c', 'd'].map((out) => build(out)))
    expect(built.map(({exitCode, stdout, stderr}) => [exitCode, stdout, stderr])).toEqual(
      built.map(() => [0, wanted, '']),
    )
    await pruneCache(store, {dryRun: false})
    expect(
      readdirSync(join(store, 'blobs'), {recursive: true, withFileTypes: true}).filter((entry) => entry.isFile()),
    ).toEqual([])
  }
  await expectWhole()
})

test('builds go on while everything unused is pruned again and again', async () => {
  const {build, store, expectWhole} = shared()
  let isBuilding = true
  const pruning = (async () => {
    for (let rounds = 0; ; rounds++) {
      if (!isBuilding) return rounds
      await pruneCache(store, {dryRun: false})
      await sleep(5)
    }
  })()
  for (let round = 0; round < 4; round++) {
    const built = await Promise.all(['a', 'b'].map((out) => build(out)))
    expect(built.map(({exitCode, stdout, stderr}) => [exitCode, stdout, stderr])).toEqual(
      built.map(() => [0, wanted, '']),
    )
  }
  isBuilding = false
  expect(await pruning).toBeGreaterThan(4)
  await expectWhole()
})
