import {expect, test} from 'vitest'
import {followLinks, parseLinks} from './iso-kernel.ts'

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
