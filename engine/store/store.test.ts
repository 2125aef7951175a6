import {homedir} from 'node:os'
import {join} from 'node:path'
import {expect, test} from 'vitest'
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
