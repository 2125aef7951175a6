import {expect, test} from 'vitest'
import {filterModuleLists, moduleClosure, parseModuleIndex, unknownModules} from './kernel-modules.ts'

const dep = `kernel/fs/ext4/ext4.ko.xz: kernel/lib/crc16.ko.xz kernel/fs/jbd2/jbd2.ko.xz
kernel/lib/crc16.ko.xz:
kernel/fs/jbd2/jbd2.ko.xz:
kernel/lib/crc32c-generic.ko.xz:
kernel/drivers/ata/ahci.ko.xz: kernel/drivers/ata/libata.ko.xz
kernel/drivers/ata/libata.ko.xz:
kernel/drivers/net/e1000.ko.xz:
`
const index = parseModuleIndex({dep, softdep: 'softdep ext4 pre: crc32c-generic\n', builtin: 'kernel/fs/proc.ko\n'})

test('a module includes its dependencies, also soft ones', () => {
  expect(moduleClosure(index, ['ext4']).paths).toEqual([
    'kernel/fs/ext4/ext4.ko.xz',
    'kernel/fs/jbd2/jbd2.ko.xz',
    'kernel/lib/crc16.ko.xz',
    'kernel/lib/crc32c-generic.ko.xz',
  ])
})

test('a directory stands for all its modules', () => {
  expect(moduleClosure(index, ['drivers/ata']).paths).toEqual([
    'kernel/drivers/ata/ahci.ko.xz',
    'kernel/drivers/ata/libata.ko.xz',
  ])
})

test('a built-in module is not missing, an unknown one is', () => {
  expect(moduleClosure(index, ['proc', 'hyperdrive', 'drivers/warp']).missing).toEqual(['hyperdrive', 'drivers/warp'])
})

test('the lists of an initrd are about its modules only, under their uncompressed names', () => {
  const lists = new Map([
    ['modules.dep', dep],
    ['modules.alias', '# Aliases\nalias pci:v00008086d* e1000\nalias pci:v*bc01sc06i01* ahci\n'],
  ])
  const filtered = filterModuleLists(lists, moduleClosure(index, ['ahci']).paths)

  expect(filtered.get('modules.dep')).toBe(
    'kernel/drivers/ata/ahci.ko: kernel/drivers/ata/libata.ko\nkernel/drivers/ata/libata.ko:\n',
  )
  expect(filtered.get('modules.alias')).toBe('alias pci:v*bc01sc06i01* ahci\n')
})

test('a name that modprobe would find is known: a module, one that is built in, or an alias', () => {
  const aliases = '# Aliases\nalias fs-ext4 ext4\nalias pci:v00008086d* e1000\n'

  expect(unknownModules(index, aliases, ['crc32c_generic', 'proc', 'fs-ext4', 'ext5'])).toEqual(['ext5'])
})
