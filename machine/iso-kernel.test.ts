import {expect, test} from 'vitest'
import {Toolbox} from '#engine'
import {xorriso} from '#tools'
import {scratchDirectory} from '../test/scratch.ts'
import {makeSmallDisc} from '../test/small-disc.ts'
import {extractIsoKernel, followLinks, parseLinks} from './iso-kernel.ts'

const listing = `xorriso : NOTE : Loading ISO image tree from LBA 0
lrwxrwxrwx    1 0        0               0 Nov 14 2023 '/haos/system/kernel/current' -> '6.12.1'
lrwxrwxrwx    1 0        0               0 Nov 14 2023 '/boot/initrd' -> '../haos/system/kernel/current/initrd'
lrwxrwxrwx    1 0        0               0 Nov 14 2023 '/loop' -> 'loop'
`

test('a kernel behind links is found, relative and one after another', () => {
  const links = parseLinks(listing)

  expect(followLinks('/haos/system/kernel/current/vmlinuz', links)).toBe('/haos/system/kernel/6.12.1/vmlinuz')
  expect(followLinks('/boot/initrd', links)).toBe('/haos/system/kernel/6.12.1/initrd')
  expect(followLinks('/boot/vmlinuz', links)).toBe('/boot/vmlinuz')
})

test('links in a circle do not hang', () => {
  expect(followLinks('/loop', parseLinks(listing))).toBe('/loop')
})

test('an ISO without the kernel that its menu names is refused for that', async ({skip}) => {
  const toolbox = new Toolbox()
  if ((await toolbox.find(xorriso)) === undefined && !process.env['CI']) skip('xorriso is not installed')
  const directory = scratchDirectory()
  const iso = makeSmallDisc(scratchDirectory())

  await expect(extractIsoKernel(iso, 'quiet', {directory, toolbox})).rejects.toMatchObject({
    code: 'ARTIFACT_INVALID',
    message: expect.stringContaining('/haos/system/kernel/current/vmlinuz'),
  })
})
