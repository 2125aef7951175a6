import {execFileSync} from 'node:child_process'
import {writeFileSync} from 'node:fs'
import {grubCore} from '#layout'

const MiB = 2 ** 20
/** The partition for UEFI of a disk with a GPT, and its loader, as mtools takes them. */
const efiLoader = (disk: string) => ['-i', `${disk}@@${2 * MiB}`, '::EFI/BOOT/BOOTX64.EFI']

const beginningOf = (disk: string): Buffer => execFileSync('head', ['-c', String(2 * MiB), disk], {maxBuffer: 4 * MiB})

/** The loaders on a disk. */
export interface DiskLoaders {
  /** The core image for BIOS, without the number of its next sector, which depends on its place. */
  readonly core: Buffer
  readonly efi: Buffer
}

/** Reads the loaders that BIOS and UEFI would start from a disk. */
export function readLoaders(disk: string): DiskLoaders {
  const beginning = beginningOf(disk)
  const core = Buffer.from(grubCore.ownIn(beginning.subarray(grubCore.placeOfPresent(beginning)), 'haos') ?? [])
  core.fill(0, 500, 508)
  return {core, efi: execFileSync('mtype', efiLoader(disk), {maxBuffer: 64 * MiB})}
}

/** Makes both loaders differ from those of the image, in bytes that nothing reads. */
export function changeLoaders(disk: string, scratch: string): void {
  const {core, efi} = readLoaders(disk)
  const place = grubCore.placeOfPresent(beginningOf(disk))
  const last = place + core.length - 3
  execFileSync('dd', [`of=${disk}`, 'bs=1', `seek=${last}`, 'conv=notrunc', 'status=none'], {input: 'old'})
  const older = `${scratch}/older.efi`
  writeFileSync(older, Buffer.concat([efi, Buffer.from('old')]))
  const [option = '', image = '', path = ''] = efiLoader(disk)
  execFileSync('mcopy', ['-o', option, image, older, path])
}
