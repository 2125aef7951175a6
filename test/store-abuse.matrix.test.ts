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

/** A store, and builds of other processes that use it. */
function shared() {
  const directory = scratchDirectory()
  const store = join(directory, 'store')
  const build = (out = 'out') => execa(process.execPath, [worker, store, join(directory, out)], {reject: false})
  /** Checks that everything is valid: a build makes the correct bytes, and the store has no other or scratch files. */
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

/** Duration of a build with an empty store on this machine, so that signals arrive during all of it. */
async function usualMs(): Promise<number> {
  const {build} = shared()
  const started = performance.now()
  await build()
  return performance.now() - started
}

test('thirty builds that are killed at random moments leave a valid store', async () => {
  const {build, store, expectWhole} = shared()
  const longestMs = await usualMs()
  for (let turn = 0; turn < 30; turn++) {
    const killed = build()
    await sleep((longestMs * (turn + 1)) / 30)
    killed.kill('SIGKILL')
    await killed
    // Otherwise it would be finished after the first few.
    if (turn % 5 === 4) await pruneCache(store, {dryRun: false})
  }
  await expectWhole()
})

test('twenty builds that are interrupted end, with no files left', async () => {
  const {build, store, expectWhole} = shared()
  const longestMs = await usualMs()
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (let turn = 0; turn < 20; turn++) {
    const stopped = build()
    await sleep((longestMs * (turn + 1)) / 20)
    stopped.kill(signals[turn % signals.length] ?? 'SIGINT')
    const {exitCode, signal} = await stopped
    // Before the program has started, or after it had ended.
    expect(exitCode === 130 || exitCode === 0 || signal !== undefined, `${exitCode} ${signal}`).toBe(true)
    if (exitCode === 130 && existsSync(store)) expect(readdirSync(join(store, 'work'))).toEqual([])
    if (turn % 5 === 4) await pruneCache(store, {dryRun: false})
  }
  await expectWhole()
})

test('four concurrent builds with an empty store, ten times, all have the same result', async () => {
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

test('builds continue while everything unused is pruned repeatedly', async () => {
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
