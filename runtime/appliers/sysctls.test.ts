import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {applyPhase} from '../apply/apply.ts'
import {MemoryHost} from '../host/memory.ts'

const flush = '/proc/sys/net/ipv4/route/flush'

/** Some parameters of the kernel are write-only. */
class Host extends MemoryHost {
  override read(path: string): string | undefined {
    if (path === flush) throw new Error(`${path}: invalid argument`)
    return super.read(path)
  }
}

test('a write-only kernel parameter is set', () => {
  const host = new Host({})
  host.put(flush, {content: ''})
  const config = {node: {sysctls: {'net.ipv4.route.flush': '1'}}}
  const {problems} = applyPhase('boot', config, {host, identity: deriveIdentity('haos'), version: '1'})

  expect(problems.filter(({path}) => path.includes('sysctls'))).toEqual([])
  expect(Buffer.from(host.readBytes(flush) ?? []).toString()).toBe('1')
})
