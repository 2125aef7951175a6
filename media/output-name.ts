import {extname} from 'node:path'
import {HaosError} from '#dsl'
import type {DiskFileFormat} from '#tools'
import type {MediumKind} from './medium.ts'

/** Disk formats by file extension. */
const diskFormats: Readonly<Record<string, DiskFileFormat>> = {
  '.raw': 'raw',
  '.img': 'raw',
  '.qcow2': 'qcow2',
  '.vmdk': 'vmdk',
  '.vhd': 'vhd',
}

/** File extensions by kind of medium. A directory may have any name. */
const ends: Readonly<Record<Exclude<MediumKind, 'pxe'>, readonly string[]>> = {
  iso: ['.iso', '.img'],
  disk: Object.keys(diskFormats),
  initrd: ['.img', '.cpio', '.initrd'],
}

/** The disk format that a name implies; undefined if none. */
export const formatOfName = (path: string): DiskFileFormat | undefined => diskFormats[extname(path).toLowerCase()]

/**
 * Makes sure that the new medium matches its name. An extension that begins with a digit is part of a version.
 *
 * Fails with USAGE_INVALID for extensions of other formats, such as `.ova` and `.vhdx`, and for unknown ones.
 */
export function checkOutputName(
  output: string,
  {input, kind}: {readonly input: string; readonly kind: MediumKind},
): void {
  const end = extname(output).toLowerCase()
  if (kind === 'pxe' || !/^\.[a-z]/.test(end) || end === extname(input).toLowerCase() || ends[kind].includes(end))
    return
  throw new HaosError('USAGE_INVALID', `${kindNames[kind]} cannot be written as "${end}"`, {
    hint: `Give it a name that ends in ${ends[kind].join(', ')}, or has no extension.${
      kind === 'disk' ? ' Other formats are made by `haos-build disk --format`.' : ''
    }`,
    at: output,
  })
}

const kindNames = {iso: 'an ISO', disk: 'a disk', initrd: 'an initrd'} as const
