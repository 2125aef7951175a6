import {readFileSync, statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {Toolbox} from '../engine/toolbox/toolbox.ts'
import {recogniseFormat} from '../formats/disk/recognise-format.ts'
import {scratchDirectory} from '../test/scratch.ts'
import {makeDiskFile} from './disk-file.ts'

const surroundings = () => ({directory: scratchDirectory(), toolbox: new Toolbox()})

test('formats are known by their first bytes, and a fixed VHD by its last', async () => {
  const directory = scratchDirectory()
  const cases = {qcow2: 'QFI\xfb', vmdk: 'KDMV', vhdx: 'vhdxfile', vpc: 'conectix', raw: '\x33\xc0'} as const
  for (const [format, head] of Object.entries(cases)) {
    const path = join(directory, format)
    writeFileSync(path, Buffer.concat([Buffer.from(head, 'latin1'), Buffer.alloc(1024)]))
    expect(await recogniseFormat(path)).toBe(format)
  }
  const fixed = join(directory, 'fixed.vhd')
  writeFileSync(fixed, Buffer.concat([Buffer.alloc(1024), Buffer.from('conectix'), Buffer.alloc(504)]))
  expect(await recogniseFormat(fixed)).toBe('vpc')
})

test('a disk of some size is empty and takes no space', async () => {
  const {file} = await makeDiskFile({sizeBytes: 1 << 30}, 'disk0', surroundings())

  expect(statSync(file)).toMatchObject({size: 1 << 30, blocks: 0})
})

test('a file that is there already keeps its contents when a size is given too', async () => {
  const place = surroundings()
  const file = join(place.directory, 'mine.img')
  writeFileSync(file, 'precious')

  await makeDiskFile({file, sizeBytes: 1 << 20}, 'disk0', place)

  expect(readFileSync(file, 'utf8')).toBe('precious')
})

test('a path where there is no image is refused with the path', async () => {
  await expect(makeDiskFile({file: '/nowhere/x.img'}, 'disk0', surroundings())).rejects.toMatchObject({
    code: 'USAGE_INVALID',
    message: 'there is no disk image /nowhere/x.img',
  })
})
