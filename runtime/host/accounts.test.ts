import {expect, test} from 'vitest'
import {findOwner} from './accounts.ts'
import {MemoryHost} from './memory.ts'

test('without /etc/passwd, only root is known', () => {
  const host = new MemoryHost()
  for (const owner of ['root', 'root:root', ':root', 'root:', 'root.root'])
    expect(findOwner(host, owner)).toEqual({uid: 0, gid: 0})
  expect(() => findOwner(host, 'rancher')).toThrow('there is no user "rancher"')
  expect(() => findOwner(host, 'root:adm')).toThrow('there is no group "adm"')
})
