import {closeSync, openSync, truncateSync, writeFileSync, writeSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../../test/scratch.ts'
import {recogniseArch} from './recognise-arch.ts'

/** A file of 300 MiB, mostly a hole, with texts at some places. */
function makeFile(texts: Readonly<Record<number, string>>): string {
  const path = join(scratchDirectory(), 'image')
  writeFileSync(path, '')
  truncateSync(path, 300 * 2 ** 20)
  const file = openSync(path, 'r+')
  for (const [position, text] of Object.entries(texts)) writeSync(file, text, Number(position), 'latin1')
  closeSync(file)
  return path
}

test.each([
  ['a disk, whose loader is near the beginning', {[3 * 2 ** 20]: 'BOOTAA64EFI'}, 'arm64'],
  ['an ISO, whose loader is near the end', {[298 * 2 ** 20]: 'BOOTX64 EFI'}, 'amd64'],
  ['an ISO that names the loader itself', {70000: 'BOOTARM.EFI;1'}, 'arm'],
  ['a file without a loader', {}, undefined],
  ['a medium for two architectures', {70000: 'BOOTX64.EFI;1BOOTAA64.EFI;1'}, undefined],
])('%s is made for %s: %s', async (_, texts, arch) => {
  expect(await recogniseArch(makeFile(texts))).toBe(arch)
})
