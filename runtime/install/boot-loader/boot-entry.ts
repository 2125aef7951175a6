import {type Host, renderStatus} from '../../host/host.ts'

/** A partition as described by a UEFI device path. */
export interface EntryPartition {
  readonly number: number
  /** In sectors of the disk. */
  readonly start: number
  readonly size: number
  /** PARTUUID of lsblk(8): the GUID of a GPT partition, or for MBR the disk signature, a hyphen and the number. */
  readonly id: string
}

/** An entry of the firmware's boot menu, and the loader that it starts. */
export interface BootEntry {
  readonly title: string
  readonly partition: EntryPartition
  /** Path on the partition, with backslashes. */
  readonly loader: string
}

const directory = '/sys/firmware/efi/efivars'
/** EFI_GLOBAL_VARIABLE, and NON_VOLATILE, BOOTSERVICE_ACCESS, RUNTIME_ACCESS (UEFI specification 3.3, 8.2). */
const globalVariable = '8be4df61-93ca-11d2-aa0d-00e098032b8c'
const attributes = 7

const variable = (name: string): string => `${directory}/${name}-${globalVariable}`

/**
 * Adds a boot entry to the firmware's menu, as the first one; some firmware does not boot a disk without an entry.
 *
 * Removes entries of the same title whose partition no longer exists: each installation gives the partition a new id.
 * Does nothing on a machine that was not booted by UEFI. Throws an Error with the reason.
 */
export function addBootEntry(
  host: Host,
  {title, loader, device, sectorBytes}: {title: string; loader: string; device: string; sectorBytes: number},
): void {
  if (host.lstat('/sys/firmware/efi') === undefined) return
  if ((host.list(directory) ?? []).length === 0) {
    const {status} = host.run(['mount', '-t', 'efivarfs', 'efivarfs', directory], {output: 'discard'})
    if (status !== 0) throw new Error(`the firmware's variables cannot be accessed: mount ${renderStatus(status)}`)
  }
  const entry = encodeEntry({title, loader, partition: readPartition(host, device, sectorBytes)})
  const numbers = removeStale(host, title)
  const number = numbers.find((used) => isSame(host.readBytes(variable(nameOf(used))), entry)) ?? firstFree(numbers)
  host.write(variable(nameOf(number)), entry, {inPlace: true})
  const order = readOrder(host).filter((other) => other !== number)
  host.write(variable('BootOrder'), encodeOrder([number, ...order]), {inPlace: true})
}

function readPartition(host: Host, device: string, sectorBytes: number): EntryPartition {
  for (let tries = 0; tries < 3; tries++) {
    // lsblk has the id from udev, which on a slow machine has not yet looked at a partition that was just made.
    host.run(['udevadm', 'settle', '--timeout=30'], {output: 'discard'})
    const found = lookUpPartition(host, device, sectorBytes)
    if (found !== undefined) return found
    host.sleep(1000)
  }
  throw new Error(`the partition ${device} has no id`)
}

function lookUpPartition(host: Host, device: string, sectorBytes: number): EntryPartition | undefined {
  const columns = 'PARTN,START,SIZE,PARTUUID'
  const {stdout} = host.run(['lsblk', '--noheadings', '--raw', '--bytes', '--nodeps', '--output', columns, device])
  const [number = '', start = '', size = '', id = ''] = stdout.trim().split(/\s+/)
  if (id === '') return undefined
  // The kernel counts in units of 512 bytes, whatever the sector size of the disk is (Documentation/block/stat.rst).
  return {number: Number(number), start: (Number(start) * 512) / sectorBytes, size: Number(size) / sectorBytes, id}
}

/** Removes entries whose partition no longer exists, and returns the numbers of all others. */
function removeStale(host: Host, title: string): number[] {
  const here = (host.list('/dev/disk/by-partuuid') ?? []).map((id) => id.toLowerCase())
  return (host.list(directory) ?? []).flatMap((file) => {
    const [, digits] = new RegExp(`^Boot([0-9A-F]{4})-${globalVariable}$`).exec(file) ?? []
    if (digits === undefined) return []
    const found = decodeEntry(host.readBytes(`${directory}/${file}`))
    if (found?.title !== title || found.id === undefined || here.includes(found.id))
      return [Number.parseInt(digits, 16)]
    host.remove(`${directory}/${file}`)
    return []
  })
}

const nameOf = (number: number): string => `Boot${number.toString(16).toUpperCase().padStart(4, '0')}`

function firstFree(used: readonly number[]): number {
  let number = 0
  while (used.includes(number)) number++
  return number
}

function readOrder(host: Host): number[] {
  const bytes = host.readBytes(variable('BootOrder')) ?? new Uint8Array(4)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({length: Math.max(0, (bytes.length - 4) >> 1)}, (_, index) => view.getUint16(4 + 2 * index, true))
}

const encodeOrder = (numbers: readonly number[]): Uint8Array =>
  Uint8Array.from([...littleEndian(attributes, 4), ...numbers.flatMap((number) => littleEndian(number, 2))])

/**
 * EFI_LOAD_OPTION with a device path of a hard drive and a file (UEFI specification 3.1.3, 10.3.5), after the
 * attributes that efivarfs requires.
 */
export function encodeEntry({title, partition, loader}: BootEntry): Uint8Array {
  const {number, start, size, id} = partition
  const isGpt = id.length === 36
  const drive = [
    ...[4, 1, 42, 0],
    ...[...littleEndian(number, 4), ...littleEndian(start, 8), ...littleEndian(size, 8)],
    ...(isGpt ? guid(id) : [...littleEndian(Number.parseInt(id.slice(0, 8), 16), 4), ...new Array<number>(12).fill(0)]),
    ...(isGpt ? [2, 2] : [1, 1]),
  ]
  const path = utf16(loader)
  const paths = [...drive, 4, 4, ...littleEndian(4 + path.length, 2), ...path, 0x7f, 0xff, 4, 0]
  // LOAD_OPTION_ACTIVE
  return Uint8Array.from([
    ...littleEndian(attributes, 4),
    ...littleEndian(1, 4),
    ...littleEndian(paths.length, 2),
    ...utf16(title),
    ...paths,
  ])
}

/** Title of an entry, and the id of its partition if it has one. */
function decodeEntry(bytes: Uint8Array | undefined): {title: string; id: string | undefined} | undefined {
  if (bytes === undefined) return undefined
  const codes: number[] = []
  let at = 10
  for (; at + 1 < bytes.length; at += 2) {
    const code = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
    if (code === 0) break
    codes.push(code)
  }
  const drive = bytes.subarray(at + 2, at + 44)
  const isDrive = drive[0] === 4 && drive[1] === 1
  return {title: String.fromCharCode(...codes), id: isDrive ? idOf(drive) : undefined}
}

function idOf(drive: Uint8Array): string {
  const hex = (from: number, to: number, isReversed: boolean) => {
    const part = [...drive.subarray(from, to)]
    return (isReversed ? part.reverse() : part).map((byte) => byte.toString(16).padStart(2, '0')).join('')
  }
  if (drive[40] === 1) return `${hex(24, 28, true)}-${(drive[4] ?? 0).toString(16).padStart(2, '0')}`
  return [hex(24, 28, true), hex(28, 30, true), hex(30, 32, true), hex(32, 34, false), hex(34, 40, false)].join('-')
}

/** The first three parts of a GUID are numbers, the last two are bytes (UEFI specification, appendix A). */
function guid(text: string): number[] {
  const [a = '', b = '', c = '', d = '', e = ''] = text.split('-')
  const bytes = (part: string) => (part.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16))
  return [...bytes(a).reverse(), ...bytes(b).reverse(), ...bytes(c).reverse(), ...bytes(d), ...bytes(e)]
}

const utf16 = (text: string): number[] =>
  [...text, '\0'].flatMap((character) => littleEndian(character.charCodeAt(0), 2))

const littleEndian = (value: number, length: number): number[] =>
  Array.from({length}, (_, index) => Math.floor(value / 256 ** index) % 256)

const isSame = (found: Uint8Array | undefined, wanted: Uint8Array): boolean =>
  found?.length === wanted.length && found.every((byte, index) => byte === wanted[index])
