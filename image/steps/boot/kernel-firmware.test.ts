import {execFileSync} from 'node:child_process'
import {readFileSync, writeFileSync} from 'node:fs'
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {writeTree} from '../../../formats/tar/tree-archive.ts'
import {emptyModule} from '../../../test/empty-module.ts'
import {runStep} from '../../../test/run-step.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {kernelFirmware} from './kernel-firmware.ts'

const attributes = {mode: 0o644, uid: 0, gid: 0}

test('modules, compressed or built in, are listed with the firmware that they ask for, and the image with what it has', async () => {
  const directory = scratchDirectory()
  const packed = join(directory, 'packed.ko')
  writeFileSync(packed, emptyModule(['license=GPL', 'firmware=b/two.bin', 'firmware=b/one.bin']))
  execFileSync('xz', [packed])
  const files: Record<string, Uint8Array> = {
    '/usr/lib/firmware/a.bin': Buffer.from('x'),
    '/usr/lib/modules/6.1/kernel/packed.ko.xz': readFileSync(`${packed}.xz`),
    '/usr/lib/modules/6.1/kernel/plain.ko': emptyModule(['license=GPL', 'firmware=a.bin', 'firmware=a.bin']),
    '/usr/lib/modules/6.1/kernel/quiet.ko': emptyModule(['license=GPL', 'description=firmware=no']),
    '/usr/lib/modules/6.1/modules.builtin.modinfo': Buffer.from('core.firmware=c.bin\0core.parm=firmware=x\0'),
    '/usr/lib/modules/6.2/kernel/other.ko': Buffer.from('no module'),
  }
  const modules = join(directory, 'modules.tar')
  await writeTree(
    modules,
    [
      ...Object.entries(files).map(([path, bytes]) => ({path, type: 'file' as const, ...attributes, content: {bytes}})),
      {path: '/usr/lib/firmware/link', type: 'symlink', target: 'a.bin', ...attributes},
    ],
    {epoch: 0},
  )

  expect(JSON.parse(await readFile(await runStep(kernelFirmware, {modules}, {kernelVersion: '6.1'}), 'utf8'))).toEqual({
    asked: [
      {module: 'kernel/packed.ko.xz', files: ['b/one.bin', 'b/two.bin']},
      {module: 'kernel/plain.ko', files: ['a.bin']},
      {module: 'core', files: ['c.bin']},
    ],
    files: ['a.bin'],
    links: [{path: 'link', target: 'a.bin'}],
  })
})
