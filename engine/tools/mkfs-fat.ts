import {defineTool} from '#engine'

export interface MkfsFatOptions {
  readonly image: string
  readonly sizeKib: number
  readonly label: string
  /** 32-bit volume serial number, as eight hexadecimal digits. */
  readonly serial: string
  readonly fatBits: 12 | 16 | 32
}

/** Makes an empty FAT file system in a new file (mkfs.fat(8)). */
export const mkfsFat = defineTool<MkfsFatOptions>({
  name: 'mkfs.fat',
  purpose: 'make the EFI system partition',
  package: 'dosfstools',
  versionArgs: ['--help'],
  args: ({image, sizeKib, label, serial, fatBits}) => [
    // Without it the current time becomes part of the boot sector.
    '--invariant',
    '-C',
    '-F',
    String(fatBits),
    '-i',
    serial,
    '-n',
    label,
    image,
    String(sizeKib),
  ],
})
