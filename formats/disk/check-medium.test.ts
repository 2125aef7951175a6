import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../../test/scratch.ts'
import {checkMedium} from './check-medium.ts'

const at = (position: number, mark: string) => Buffer.from('\0'.repeat(position) + mark, 'latin1')

test.each([
  ['an ISO', 'x.iso', Buffer.concat([at(32_769, 'CD001'), at(2042, '\0CD001\x01EL TORITO SPECIFICATION')])],
  ['an ISO for sticks', 'x', Buffer.concat([at(510, '\x55\xaa'), at(32_257, 'CD001')])],
  ['a raw disk', 'x.img', at(510, '\x55\xaa')],
  ['a QCOW2 disk', 'x.qcow2', at(0, 'QFI\xfb')],
])('%s can be booted', async (_, name, bytes) => {
  const path = join(scratchDirectory(), name)
  writeFileSync(path, bytes)

  expect(await checkMedium(path)).toBeUndefined()
})

test('a text, an empty file and a directory cannot be booted', async () => {
  const directory = scratchDirectory()
  writeFileSync(join(directory, 'text'), '# Read me\n'.repeat(10_000))
  writeFileSync(join(directory, 'empty'), '')
  mkdirSync(join(directory, 'directory'))

  for (const name of ['text', 'empty', 'directory']) {
    const path = join(directory, name)
    await expect(checkMedium(path)).rejects.toMatchObject({code: 'ARTIFACT_INVALID', details: {at: path}})
  }
})

test('an ISO without boot images is refused with that reason', async () => {
  const path = join(scratchDirectory(), 'image')
  writeFileSync(path, at(32_769, 'CD001'))

  await expect(checkMedium(path)).rejects.toMatchObject({
    code: 'ARTIFACT_INVALID',
    details: {hint: expect.stringContaining('El Torito')},
  })
})

test('a missing file is reported as missing', async () => {
  await expect(checkMedium(join(scratchDirectory(), 'absent'))).rejects.toMatchObject({code: 'USAGE_INVALID'})
})
