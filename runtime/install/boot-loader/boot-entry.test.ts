import {expect, test} from 'vitest'
import {MemoryHost} from '../../host/memory.ts'
import {addBootEntry, encodeEntry} from './boot-entry.ts'

const directory = '/sys/firmware/efi/efivars'
const global = '8be4df61-93ca-11d2-aa0d-00e098032b8c'
const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex')

const partition = {number: 2, start: 4096, size: 131_072, id: '01020304-0506-0708-090a-0b0c0d0e0f10'}
const entry = {title: 'HAOS', partition, loader: '\\EFI\\BOOT\\BOOTX64.EFI'}

test('an entry is a load option of the UEFI specification, with a hard drive and a file', () => {
  expect(hex(encodeEntry(entry))).toBe(
    [
      '07000000', // attributes of the variable
      '01000000', // active
      '5e00', // length of the paths
      '480041004f0053000000', // HAOS
      '04012a00', // a hard drive, 42 bytes
      '0200000000100000000000000000020000000000', // number, start, size
      '0403020106050807090a0b0c0d0e0f10', // GUID, with the byte order of UEFI
      '0202', // GPT, by GUID
      '04043000', // a file, 48 bytes
      Buffer.from('\\EFI\\BOOT\\BOOTX64.EFI\0', 'utf16le').toString('hex'),
      '7fff0400', // the end
    ].join(''),
  )
})

/** A machine booted by UEFI, with these entries in its boot menu and these partitions. */
function machine(
  entries: Readonly<Record<string, Uint8Array>>,
  partitions: readonly string[],
  {unknownFor = 0}: {readonly unknownFor?: number} = {},
) {
  let looks = 0
  const host = new MemoryHost({
    sha256: () => '',
    run: (argv) => {
      const id = argv[0] === 'lsblk' && looks++ >= unknownFor ? partition.id : ''
      return {status: 0, stdout: argv[0] === 'lsblk' ? `2 4096 67108864 ${id}\n` : ''}
    },
  })
  for (const path of ['/sys', '/sys/firmware', '/sys/firmware/efi', directory])
    host.put(path, {type: 'directory', mode: 0o755})
  for (const [name, content] of Object.entries(entries)) host.put(`${directory}/${name}-${global}`, {content})
  for (const id of partitions) host.put(`/dev/disk/by-partuuid/${id}`, {content: ''})
  const add = () => addBootEntry(host, {title: 'HAOS', loader: entry.loader, device: '/dev/vda2', sectorBytes: 512})
  const order = () => hex(host.readBytes(`${directory}/BootOrder-${global}`)).slice(8)
  const names = () =>
    (host.list(directory) ?? []).filter((name) => /^Boot\d/.test(name)).map((name) => name.slice(0, 8))
  return {host, add, order, names}
}

const ofDisk = (id: string) => encodeEntry({...entry, partition: {...partition, id}})
const other = ofDisk('99999999-0506-0708-090a-0b0c0d0e0f10')
const order = (...numbers: number[]) => Uint8Array.from([7, 0, 0, 0, ...numbers.flatMap((number) => [number, 0])])

test('a partition that udev has not yet looked at gets its entry', () => {
  const {add, names} = machine({BootOrder: order(0)}, [partition.id], {unknownFor: 1})
  add()
  expect(names()).toEqual(['Boot0000'])
  expect(machine({}, [], {unknownFor: 9}).add).toThrow('the partition /dev/vda2 has no id')
})

test("an installed system has one entry, the first in the firmware's menu", () => {
  const {
    host,
    add,
    order: shown,
    names,
  } = machine({Boot0000: encodeEntry({...entry, title: 'PXE'}), BootOrder: order(0)}, [partition.id])
  add()
  expect(names()).toEqual(['Boot0000', 'Boot0001'])
  expect(shown()).toBe('01000000')
  expect(hex(host.readBytes(`${directory}/Boot0001-${global}`))).toBe(hex(encodeEntry(entry)))
  add()
  expect(names()).toEqual(['Boot0000', 'Boot0001'])
})

test('the entry of the former system on the disk is removed, that of another disk stays', () => {
  const gone = ofDisk('88888888-0506-0708-090a-0b0c0d0e0f10')
  const {
    host,
    add,
    order: shown,
  } = machine({Boot0000: gone, Boot0001: other, BootOrder: order(0, 1)}, [
    partition.id,
    '99999999-0506-0708-090a-0b0c0d0e0f10',
  ])
  add()
  expect(hex(host.readBytes(`${directory}/Boot0000-${global}`))).toBe(hex(encodeEntry(entry)))
  expect(hex(host.readBytes(`${directory}/Boot0001-${global}`))).toBe(hex(other))
  expect(shown()).toBe('00000100')
})

test('nothing is done on a machine booted by BIOS', () => {
  const host = new MemoryHost({sha256: () => ''})
  addBootEntry(host, {title: 'HAOS', loader: entry.loader, device: '/dev/vda2', sectorBytes: 512})
  expect(host.commands).toEqual([])
})
