import {execFileSync} from 'node:child_process'
import {mkdirSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {Toolbox} from '#engine'
import {xorriso} from '#tools'
import {scratchDirectory} from '../test/scratch.ts'
import {makeSmallIso} from '../test/small-iso.ts'
import {extractIsoKernel, followLinks, parseLinks} from './iso-kernel.ts'

const listing = `xorriso : NOTE : Loading ISO image tree from LBA 0
lrwxrwxrwx    1 0        0               0 Nov 14 2023 '/haos/system/kernel/current' -> '6.12.1'
lrwxrwxrwx    1 0        0               0 Nov 14 2023 '/boot/initrd' -> '../haos/system/kernel/current/initrd'
lrwxrwxrwx    1 0        0               0 Nov 14 2023 '/loop' -> 'loop'
`

test('a kernel behind symlinks is found, even relative and nested ones', () => {
  const links = parseLinks(listing)

  expect(followLinks('/haos/system/kernel/current/vmlinuz', links)).toBe('/haos/system/kernel/6.12.1/vmlinuz')
  expect(followLinks('/boot/initrd', links)).toBe('/haos/system/kernel/6.12.1/initrd')
  expect(followLinks('/boot/vmlinuz', links)).toBe('/boot/vmlinuz')
})

test('a symlink loop ends', () => {
  expect(followLinks('/loop', parseLinks(listing))).toBe('/loop')
})

test('an ISO without the kernel that its menu names is refused with that path', async ({skip}) => {
  const toolbox = new Toolbox()
  if ((await toolbox.find(xorriso)) === undefined && !process.env['CI']) skip('xorriso is not installed')
  const directory = scratchDirectory()
  const iso = makeSmallIso(scratchDirectory())

  await expect(extractIsoKernel(iso, 'quiet', {directory, toolbox})).rejects.toMatchObject({
    code: 'ARTIFACT_INVALID',
    message: expect.stringContaining('/haos/system/kernel/current/vmlinuz'),
  })
})

test('an ISO with a symlink instead of its menu reveals no file of this machine', async ({skip}) => {
  const toolbox = new Toolbox()
  if ((await toolbox.find(xorriso)) === undefined && !process.env['CI']) skip('xorriso is not installed')
  const directory = scratchDirectory()
  const secret = join(directory, 'secret')
  writeFileSync(secret, 'menuentry "x" {\n  linux /vmlinuz secret\n}\n')
  const tree = join(directory, 'tree')
  mkdirSync(join(tree, 'boot/grub'), {recursive: true})
  symlinkSync(secret, join(tree, 'boot/grub/grub.cfg'))
  const iso = join(directory, 'iso.iso')
  execFileSync('xorriso', ['-as', 'mkisofs', '-quiet', '-o', iso, '-V', 'HAOS', '-R', tree], {stdio: 'pipe'})

  await expect(extractIsoKernel(iso, 'quiet', {directory: scratchDirectory(), toolbox})).rejects.toMatchObject({
    code: 'ARTIFACT_INVALID',
    message: expect.stringContaining('a symlink instead of grub.cfg'),
  })
})
