import {expect, test} from 'vitest'
import {findOwner} from './accounts.ts'
import {MemoryHost} from './memory.ts'

test('root is known even where there is no /etc/passwd, and nobody else is', () => {
  const host = new MemoryHost()
  for (const owner of ['root', 'root:root', ':root', 'root:', 'root.root'])
    expect(findOwner(host, owner)).toEqual({uid: 0, gid: 0})
  expect(() => findOwner(host, 'rancher')).toThrow('there is no user "rancher"')
  expect(() => findOwner(host, 'root:adm')).toThrow('there is no group "adm"')
})
