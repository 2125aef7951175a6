import {expect, test} from 'vitest'
import {type MachinePlan, qemuArguments, renderPastedArguments} from './qemu-arguments.ts'

const plan: MachinePlan = {
  directory: '/machine',
  arch: 'amd64',
  board: 'q35',
  accelerator: 'tcg',
  disks: [],
  network: false,
  memoryMiB: 512,
  cpus: 2,
  noReboot: true,
  extra: [],
}
const disk = {file: '/d.img', format: 'raw'} as const

/** Only the devices that not every machine has. */
const devices = (changes: Partial<MachinePlan>): string[] =>
  qemuArguments({...plan, ...changes}).filter(
    (word, at, all) => all[at - 1] === '-device' && /drive=|^qemu-xhci|scsi-pci|ahci/.test(word),
  )

test('a machine with a direct kernel has this command line', () => {
  const direct = {kernel: '/vmlinuz', initrd: '/initrd', cmdline: 'console=ttyS0 panic=-1'}
  expect(qemuArguments({...plan, direct}).join(' ')).toMatchInlineSnapshot(
    `"-nodefaults -no-user-config -display none -machine q35 -accel tcg -cpu qemu64,-cx16 -m 512M -smp 2 -chardev pipe,id=console,path=/machine/console -serial chardev:console -chardev socket,id=monitor,fd=3 -mon chardev=monitor,mode=control -chardev socket,id=firmware,fd=4 -device isa-debugcon,iobase=0x402,chardev=firmware -device VGA -device virtio-rng-pci -device pcie-root-port,id=port0,chassis=1 -device pcie-root-port,id=port1,chassis=2 -device pcie-root-port,id=port2,chassis=3 -nic none -kernel /vmlinuz -initrd /initrd -append console=ttyS0 panic=-1 -no-reboot"`,
  )
})

test('an ISO is a CD on AHCI, on the older board on IDE, and on arm64 on SCSI', () => {
  const medium = {...disk, id: 'medium', bus: 'cd'} as const

  expect(devices({medium})).toEqual(['ide-cd,drive=medium-image,bus=ide.0,id=medium,bootindex=1'])
  expect(devices({medium, board: 'pc'})).toEqual(['ide-cd,drive=medium-image,bus=ide.0,unit=0,id=medium,bootindex=1'])
  expect(devices({medium, arch: 'arm64', board: 'virt'})).toEqual([
    'virtio-scsi-pci,id=scsi',
    'scsi-cd,bus=scsi.0,drive=medium-image,id=medium,bootindex=1',
  ])
})

test('disks get their addresses on each bus, in the boot order', () => {
  const disks = (['virtio', 'ide', 'ide', 'nvme', 'scsi', 'usb'] as const).map((bus, n) => ({
    ...disk,
    id: `disk${n}`,
    bus,
  }))

  expect(devices({disks})).toEqual([
    'qemu-xhci,id=usb',
    'virtio-scsi-pci,id=scsi',
    'virtio-blk-pci,drive=disk0-image,id=disk0,bootindex=1',
    'ide-hd,drive=disk1-image,bus=ide.0,id=disk1,bootindex=2',
    'ide-hd,drive=disk2-image,bus=ide.1,id=disk2,bootindex=3',
    'nvme,drive=disk3-image,serial=disk3,id=disk3,bootindex=4',
    'scsi-hd,drive=disk4-image,bus=scsi.0,id=disk4,bootindex=5',
    'usb-storage,drive=disk5-image,bus=usb.0,removable=on,id=disk5,bootindex=6',
  ])
})

test('a CD is read-only, and a comma in a serial number does not end it', () => {
  const medium = {...disk, id: 'medium', bus: 'cd'} as const
  const words = qemuArguments({...plan, medium, disks: [{...disk, id: 'disk0', bus: 'virtio', serial: 'a,b'}]})

  expect(words.find((word) => word.startsWith('{"node-name":"medium'))).toContain('"read-only":true')
  expect(words).toContain('virtio-blk-pci,drive=disk0-image,serial=a,,b,id=disk0,bootindex=2')
})

test('the pasted command has the console on the terminal and no inherited file descriptor', () => {
  const pasted = renderPastedArguments(qemuArguments(plan))

  expect(pasted).toContain('-chardev stdio,id=console')
  expect(pasted).not.toContain('fd=')
})

test('a disk may have sectors of 4096 bytes, and may be read-only', () => {
  const disks = [{...disk, id: 'disk0', bus: 'nvme', sectorBytes: 4096, readOnly: true}] as const

  expect(devices({disks})).toEqual([
    'nvme,drive=disk0-image,logical_block_size=4096,physical_block_size=4096,serial=disk0,id=disk0,bootindex=1',
  ])
  expect(qemuArguments({...plan, disks}).join(' ')).toContain('"read-only":true')
})
