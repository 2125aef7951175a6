import {chmodSync, mkdirSync, writeFileSync} from 'node:fs'
import {homedir} from 'node:os'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {nobody} from '../../test/as-nobody.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {digestOfBytes} from './digest.ts'
import {defaultStoreDirectory, Store} from './store.ts'

test('the store is where the environment says, in full, and a variable that is empty says nothing', () => {
  const usual = join(homedir(), '.cache/haos-build/store')

  expect(defaultStoreDirectory({HAOS_BUILD_STORE: 'here'})).toBe(join(process.cwd(), 'here'))
  expect(defaultStoreDirectory({XDG_CACHE_HOME: '/cache'})).toBe('/cache/haos-build/store')
  expect(defaultStoreDirectory({HAOS_BUILD_STORE: '', XDG_CACHE_HOME: ''})).toBe(usual)
})

test('a store where nothing can be made is refused with its path', async () => {
  await expect(Store.open('/proc/store')).rejects.toMatchObject({code: 'STORE_UNUSABLE', details: {at: '/proc/store'}})
})

test('a store that is there and may only be read is opened, and refuses to be worked in, with its path', async () => {
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

test('a directory in the place of bytes is not taken for them, and is said to be in the way', async () => {
  const directory = join(scratchDirectory(), 'store')
  const store = await Store.open(directory)
  const place = store.blobPath(digestOfBytes('text'))
  mkdirSync(place, {recursive: true})
  const made = join(await store.scratch('step'), 'made')
  writeFileSync(made, 'text')

  expect(store.has(digestOfBytes('text'))).toBe(false)
  await expect(store.commit(made)).rejects.toMatchObject({code: 'STORE_UNUSABLE', details: {at: place}})
})
