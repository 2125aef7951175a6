import {chmodSync, existsSync, readdirSync, truncateSync, utimesSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../../test/scratch.ts'
import {cacheInfo, pruneCache} from './cache.ts'
import {keepDirectory} from './keep-directory.ts'
import {Store} from './store.ts'
import {verifyCache} from './verify-cache.ts'

const day = 24 * 60 * 60_000
const daysAgo = (days: number) => new Date(Date.now() - days * day)

/** Says of bytes that they were used last at a time. */
function usedAt(directory: string, digest: string, time: Date | number) {
  for (const place of ['blobs', 'marks']) utimesSync(join(directory, place, digest.slice(0, 2), digest), time, time)
}

/** A store with files of ten bytes: `old` and `new` were made by steps, `fetched` was downloaded. */
async function stocked() {
  const directory = join(scratchDirectory(), 'store')
  const store = await Store.open(directory)
  const add = async (name: string, days: number, isMade: boolean) => {
    const path = join(directory, name)
    writeFileSync(path, name.padEnd(10))
    const {digest, sizeBytes} = await store.commit(path)
    if (isMade) await store.record(digest, {digest, sizeBytes, durationMs: 1, name})
    usedAt(directory, digest, daysAgo(days))
    return digest
  }
  const digests = {
    old: await add('old', 40, true),
    new: await add('new', 1, true),
    fetched: await add('fetched', 35, false),
  }
  const names = () => Object.entries(digests).flatMap(([name, digest]) => (store.has(digest) ? [name] : []))
  return {directory, store, digests, names}
}

test('sizes are reported by kind of content', async () => {
  const {directory} = await stocked()
  const {shares} = cacheInfo(directory)

  expect(shares).toEqual(
    expect.arrayContaining([
      {kind: 'downloads', files: 1, sizeBytes: 10},
      {kind: 'results', files: 2, sizeBytes: 20},
    ]),
  )
})

test('files unused for the given time are removed, and others stay', async () => {
  const {directory, store, digests, names} = await stocked()
  await store.touch(digests.fetched)

  expect(await pruneCache(directory, {unusedMs: 30 * day, dryRun: false})).toMatchObject({removedBytes: 10})
  expect(names()).toEqual(['new', 'fetched'])
})

test('a directory of tools is counted, verified and removed as a whole', async () => {
  const {directory, store} = await stocked()
  const make = async (path: string) => writeFileSync(join(path, 'program'), 'x'.repeat(100))
  const [old, damaged, used] = await Promise.all(
    ['old', 'damaged', 'used'].map((key) => keepDirectory(store, key, {make, onDamage: () => {}})),
  )
  writeFileSync(join(damaged ?? '', 'program'), 'y'.repeat(100))
  utimesSync(old ?? '', daysAgo(40), daysAgo(40))

  expect(cacheInfo(directory).shares).toContainEqual({
    kind: 'tools',
    files: 3,
    sizeBytes: expect.toSatisfy((size: number) => size > 300),
  })
  expect((await verifyCache(directory, new AbortController().signal)).damaged).toEqual(['damaged'])
  await pruneCache(directory, {unusedMs: 30 * day, dryRun: false})
  expect(readdirSync(join(directory, 'trees'))).toEqual(['used'])
  expect(used).toBe(join(directory, 'trees', 'used'))
})

test('a size limit removes the least recently used files, and no more than necessary', async () => {
  const {directory, names} = await stocked()
  const {sizeBytes} = cacheInfo(directory)
  await pruneCache(directory, {maxBytes: sizeBytes - 15, dryRun: false})

  expect(names()).toEqual(['new'])
})

test('a sparse disk image counts with its allocated size, also against a size limit', async () => {
  const {directory, store, names} = await stocked()
  const path = join(directory, 'disk')
  writeFileSync(path, 'boot sector')
  truncateSync(path, 2 ** 30)
  const {digest} = await store.commit(path)

  expect(cacheInfo(directory).sizeBytes).toBeLessThan(2 ** 20)
  expect(await pruneCache(directory, {maxBytes: 2 ** 20, dryRun: false})).toMatchObject({removedBytes: 0})
  expect(store.has(digest)).toBe(true)
  expect(names()).toEqual(['old', 'new', 'fetched'])
})

test('a dry run reports what would be removed, and removes nothing', async () => {
  const {directory, names} = await stocked()

  expect(await pruneCache(directory, {unusedMs: 30 * day, dryRun: true})).toMatchObject({removedBytes: 20})
  expect(names()).toEqual(['old', 'new', 'fetched'])
})

test('files used by a running build stay, and are removed after the build', async () => {
  const {directory, store, digests, names} = await stocked()
  {
    await using _held = await store.hold()
    await store.touch(digests.old)

    expect(cacheInfo(directory).builds).toBe(1)
    await pruneCache(directory, {dryRun: false})
    expect(names()).toEqual(['old'])
  }
  await pruneCache(directory, {dryRun: false})
  expect(names()).toEqual([])
  expect(cacheInfo(directory)).toMatchObject({sizeBytes: 0, builds: 0})
})

test('files that a build used in the millisecond of its start stay', async () => {
  const {directory, store, digests, names} = await stocked()
  await using _held = await store.hold()
  const [mark = ''] = readdirSync(join(directory, 'work'))
  const beganS = Math.floor(Date.now() / 1000)
  utimesSync(join(directory, 'work', mark), beganS, beganS + 0.0005)
  usedAt(directory, digests.old, beganS)

  await pruneCache(directory, {dryRun: false})
  expect(names()).toEqual(['old'])
})

test('verifying reads everything and removes damaged files, so that a build rebuilds or fetches them', async () => {
  const {directory, store, digests, names} = await stocked()
  const {signal} = new AbortController()
  expect(await verifyCache(directory, signal)).toEqual({directory, files: 3, sizeBytes: 30, damaged: []})

  chmodSync(store.blobPath(digests.old), 0o600)
  writeFileSync(store.blobPath(digests.old), 'one flip..')
  expect(await verifyCache(directory, signal)).toMatchObject({files: 3, damaged: [digests.old]})
  expect(names()).toEqual(['new', 'fetched'])
  expect(await verifyCache(directory, signal)).toMatchObject({files: 2, damaged: []})
})

test('a missing store is empty, and inspecting does not create it', async () => {
  const directory = join(scratchDirectory(), 'none')

  expect(cacheInfo(directory)).toMatchObject({sizeBytes: 0})
  expect(await pruneCache(directory, {dryRun: false})).toMatchObject({removedBytes: 0})
  expect(existsSync(directory)).toBe(false)
})
