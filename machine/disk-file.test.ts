import {readFileSync, statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {Toolbox} from '../engine/toolbox/toolbox.ts'
import {scratchDirectory} from '../test/scratch.ts'
import {makeDiskFile} from './disk-file.ts'

const surroundings = () => ({directory: scratchDirectory(), toolbox: new Toolbox()})

test('a new disk is empty and takes no space', async () => {
  const {file} = await makeDiskFile({sizeBytes: 1 << 30}, 'disk0', surroundings())

  expect(statSync(file)).toMatchObject({size: 1 << 30, blocks: 0})
})

test('an existing file keeps its contents even with a size', async () => {
  const place = surroundings()
  const file = join(place.directory, 'mine.img')
  writeFileSync(file, 'precious')

  await makeDiskFile({file, sizeBytes: 1 << 20}, 'disk0', place)

  expect(readFileSync(file, 'utf8')).toBe('precious')
})

test('a missing image is refused with its path', async () => {
  await expect(makeDiskFile({file: '/nowhere/x.img'}, 'disk0', surroundings())).rejects.toMatchObject({
    code: 'USAGE_INVALID',
    message: 'there is no disk image /nowhere/x.img',
  })
})
