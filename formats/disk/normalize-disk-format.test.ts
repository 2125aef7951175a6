import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../../test/scratch.ts'
import {fixVmdk} from './normalize-disk-format.ts'

test.each(['6ce0f0ef', '6ce0f0e', '0'])('a VMDK with the identifier %s gets its own, and stays valid', async (cid) => {
  const path = join(scratchDirectory(), 'disk.vmdk')
  const file = (id: string) => {
    const bytes = Buffer.alloc(4096, 'data')
    bytes.fill(0, 512, 2048)
    bytes.write(`# Disk DescriptorFile\nversion=1\nCID=${id}\nparentCID=ffffffff\nRW 16384 SPARSE "x"\n`, 512)
    return bytes
  }
  writeFileSync(path, file(cid))
  await fixVmdk(path, 'abcdef0123456789')

  expect(readFileSync(path)).toEqual(file('abcdef01'))
})
