import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import {homedir} from 'node:os'
import {dirname, join} from 'node:path'
import {expect, test} from 'vitest'
import {nobody} from '../../test/as-nobody.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {pruneCache} from './cache.ts'
import {digestOfBytes} from './digest.ts'
import {defaultStoreDirectory, Store} from './store.ts'

test('the environment selects the directory of the store as an absolute path, and an empty variable is ignored', () => {
  const usual = join(homedir(), '.cache/haos-build/store')

  expect(defaultStoreDirectory({HAOS_BUILD_STORE: 'here'})).toBe(join(process.cwd(), 'here'))
  expect(defaultStoreDirectory({XDG_CACHE_HOME: '/cache'})).toBe('/cache/haos-build/store')
  expect(defaultStoreDirectory({HAOS_BUILD_STORE: '', XDG_CACHE_HOME: ''})).toBe(usual)
})

test('a store that cannot be created is refused with its path', async () => {
  await expect(Store.open('/proc/store')).rejects.toMatchObject({code: 'STORE_UNUSABLE', details: {at: '/proc/store'}})
})

test('a read-only store can be opened, and refuses writes with its path', async () => {
  const directory = join(scratchDirectory(), 'store')
  const store = await Store.open(directory)
  chmodSync(join(directory, '..'), 0o755)
  for (const part of ['', 'blobs', 'results', 'state', 'work']) chmodSync(join(directory, part), 0o555)
  const refused = {code: 'STORE_UNUSABLE', details: {at: directory, hint: expect.stringContaining('HAOS_BUILD_STORE')}}
  await asOrdinaryUser(async () => {
    await Store.open(directory)

    await expect(store.hold()).rejects.toMatchObject(refused)
    await expect(store.scratch('step')).rejects.toMatchObject(refused)
    await expect(store.writeState('x', {})).rejects.toMatchObject(refused)
  })
})

/** Root may write everywhere. */
async function asOrdinaryUser(work: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return work()
  process.seteuid?.(nobody)
  try {
    await work()
  } finally {
    process.seteuid?.(0)
  }
}

/** A store with the bytes `text`, opened anew as another build would. */
async function withText() {
  const directory = join(scratchDirectory(), 'store')
  const store = await Store.open(directory)
  const made = join(await store.scratch('step'), 'made')
  writeFileSync(made, 'text')
  const {digest} = await store.commit(made)
  return {directory, digest, store: await Store.open(directory), place: store.blobPath(digest)}
}

test('changed bytes are detected by any change of metadata, and removed', async () => {
  const change: Record<string, (path: string) => void> = {
    'written to': (path) => writeFileSync(path, 'tExt'),
    'written to, with the old time': (path) => {
      const {atime, mtime} = statSync(path)
      writeFileSync(path, 'tExt')
      utimesSync(path, atime, mtime)
    },
    'another file': (path) => {
      writeFileSync(`${path}.new`, 'tExt')
      renameSync(`${path}.new`, path)
    },
    'cut short by a crash': (path) => truncateSync(path, 0),
    'a link to the right bytes': (path) => {
      renameSync(path, `${path}.moved`)
      symlinkSync(`${path}.moved`, path)
    },
  }
  for (const [name, spoil] of Object.entries(change)) {
    const {store, digest, place} = await withText()
    expect(await store.verify(digest), name).toBe('good')
    chmodSync(place, 0o600)
    spoil(place)
    expect(await store.verify(digest), name).toBe('damaged')
    expect(existsSync(place), name).toBe(false)
    expect(await store.verify(digest), name).toBe('missing')
  }
})

test('unchanged bytes are not read again, except on request', async () => {
  const {directory, store, digest, place} = await withText()
  const {ino, mtimeNs, ctimeNs} = statSync(place, {bigint: true})
  // As if a disk had lost a byte, which leaves all times as they are.
  const other = join(directory, 'marks', digestOfBytes('tExt').slice(0, 2), digestOfBytes('tExt'))
  mkdirSync(dirname(other), {recursive: true})
  writeFileSync(other, `${ino} 4 ${mtimeNs} ${ctimeNs}`)
  mkdirSync(dirname(store.blobPath(digestOfBytes('tExt'))), {recursive: true})
  linkSync(place, store.blobPath(digestOfBytes('tExt')))
  const linked = statSync(place, {bigint: true})
  writeFileSync(other, `${ino} 4 ${linked.mtimeNs} ${linked.ctimeNs}`)

  expect(await store.verify(digestOfBytes('tExt'))).toBe('good')
  expect(await store.verify(digestOfBytes('tExt'), {again: true})).toBe('damaged')
  expect(await store.verify(digest)).toBe('good')
})

test('a use is recorded without a change of the file, so that it need not be read again', async () => {
  const {store, digest, place} = await withText()
  const before = statSync(place, {bigint: true})
  await store.touch(digest)

  expect(statSync(place, {bigint: true})).toEqual({...before, atimeNs: expect.anything(), atimeMs: expect.anything()})
})

test('a store is inaccessible to others, whatever the umask', async () => {
  const {directory, place} = await withText()
  const mode = (path: string) => statSync(path).mode & 0o777

  for (const part of ['', 'blobs', 'results', 'marks', 'state', 'work', 'indexes', 'logs'])
    expect([part, mode(join(directory, part))]).toEqual([part, 0o700])
  expect(mode(place)).toBe(0o400)
})

test.each([
  ['that anybody can write to', (directory: string) => chmodSync(directory, 0o777)],
  ['with a part that a group can write to', (directory: string) => chmodSync(join(directory, 'results'), 0o770)],
  [
    'with a part that is a link',
    (directory: string) => {
      renameSync(join(directory, 'work'), `${directory}-work`)
      symlinkSync(`${directory}-work`, join(directory, 'work'))
    },
  ],
])('a store %s is refused, and nothing in it is touched', async (_, spoil) => {
  const {directory} = await withText()
  writeFileSync(join(directory, 'work', '999999999-boot-x'), '')
  spoil(directory)
  const files = readdirSync(directory, {recursive: true})
  const refused = {code: 'STORE_UNUSABLE', details: {at: expect.stringContaining(directory)}}

  await expect(Store.open(directory)).rejects.toMatchObject(refused)
  await expect(pruneCache(directory, {dryRun: false})).rejects.toMatchObject(refused)
  expect(readdirSync(directory, {recursive: true})).toEqual(files)
})

test.skipIf(process.geteuid?.() !== 0)('a store of another user is refused', async () => {
  const {directory} = await withText()
  for (const path of ['results', '.']) {
    chownSync(join(directory, path), nobody, nobody)
    await expect(Store.open(directory)).rejects.toMatchObject({
      code: 'STORE_UNUSABLE',
      message: expect.stringContaining('another user'),
    })
  }
})

test('foreign files in a directory named work stay', async () => {
  const {directory} = await withText()
  writeFileSync(join(directory, 'work', 'thesis.tex'), 'years')
  mkdirSync(join(directory, 'work', '2024-archive'))
  await Store.open(directory)
  await pruneCache(directory, {dryRun: false})

  expect(readdirSync(join(directory, 'work'))).toEqual(expect.arrayContaining(['2024-archive', 'thesis.tex']))
})

test('a directory in place of a blob is reported, not used', async () => {
  const directory = join(scratchDirectory(), 'store')
  const store = await Store.open(directory)
  const place = store.blobPath(digestOfBytes('text'))
  mkdirSync(place, {recursive: true})
  const made = join(await store.scratch('step'), 'made')
  writeFileSync(made, 'text')

  expect(store.has(digestOfBytes('text'))).toBe(false)
  await expect(store.commit(made)).rejects.toMatchObject({code: 'STORE_UNUSABLE', details: {at: place}})
})

test('a directory of other files is refused as a store, and keeps its mode', async () => {
  const directory = scratchDirectory()
  chmodSync(directory, 0o755)
  mkdirSync(join(directory, 'work', 'thesis'), {recursive: true})
  writeFileSync(join(directory, '.bashrc'), '')
  const refused = {
    code: 'STORE_UNUSABLE',
    message: expect.stringMatching(/is not a store: it contains \.bashrc$/),
    details: {at: directory},
  }

  await expect(Store.open(directory)).rejects.toMatchObject(refused)
  await expect(pruneCache(directory, {dryRun: false})).rejects.toMatchObject(refused)
  expect(statSync(directory).mode & 0o777).toBe(0o755)
  expect(readdirSync(directory).sort()).toEqual(['.bashrc', 'work'])
})
