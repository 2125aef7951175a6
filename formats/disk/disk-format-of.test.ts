import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../../test/scratch.ts'
import {diskFormatOf} from './disk-format-of.ts'

const heads = {
  qcow2: 'QFI\xfb',
  vmdk: 'KDMV\x01\0\0\0\0\0\0\0\x01',
  vhdx: 'vhdxfile',
  vpc: 'conectix',
  raw: '\x33\xc0',
} as const

function image(name: string, head: string, tail = ''): string {
  const path = join(scratchDirectory(), name)
  writeFileSync(
    path,
    Buffer.concat([Buffer.from(head, 'latin1'), Buffer.alloc(1024), Buffer.from(tail), Buffer.alloc(504)]),
  )
  return path
}

test('the name decides the format, and the content must match it', async () => {
  const names = {qcow2: 'a.qcow2', vmdk: 'a.VMDK', vhdx: 'a.vhdx', vpc: 'a.vhd', raw: 'a.img'} as const
  for (const [format, head] of Object.entries(heads)) {
    for (const [said, name] of Object.entries(names)) {
      const answer = diskFormatOf(image(name, head))
      if (said === format) expect(await answer).toBe(format)
      else await expect(answer, `${format} in ${name}`).rejects.toMatchObject({code: 'ARTIFACT_INVALID'})
    }
  }
})

test('a raw disk on which a system has written the header of another format stays a raw disk, or is not opened', async () => {
  await expect(diskFormatOf(image('disk.img', heads.qcow2))).rejects.toMatchObject({
    code: 'ARTIFACT_INVALID',
    hint: expect.stringContaining('.qcow2'),
  })
  expect(await diskFormatOf(image('disk.img', heads.qcow2), 'raw')).toBe('raw')
})

test('a fixed VHD is recognized by its last sector, and a raw disk may end in anything', async () => {
  expect(await diskFormatOf(image('fixed.vhd', '', 'conectix'))).toBe('vpc')
  expect(await diskFormatOf(image('disk.img', '', 'conectix'))).toBe('raw')
  await expect(diskFormatOf(image('other.vhd', ''))).rejects.toMatchObject({code: 'ARTIFACT_INVALID'})
})
