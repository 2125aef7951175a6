import {open, realpath, stat} from 'node:fs/promises'
import {HaosError} from '#dsl'
import {readInitrdTail, recogniseImage} from '#formats'
import {describeDisk, remasterDisk} from './disk/remaster-disk.ts'
import {describeInitrd, remasterInitrd} from './initrd/remaster-initrd.ts'
import {describeIso, remasterIso} from './iso/remaster-iso.ts'
import type {MediumDescription, MediumKind, RemasterOptions, RemasterTools} from './medium.ts'
import {checkOutputName} from './output-name.ts'
import {describePxe, remasterPxe} from './pxe/remaster-pxe.ts'
import {cannotRead} from './replace-file.ts'

const remasters = {
  iso: {describe: describeIso, change: remasterIso},
  disk: {describe: describeDisk, change: remasterDisk},
  initrd: {describe: describeInitrd, change: remasterInitrd},
  pxe: {describe: describePxe, change: remasterPxe},
} as const satisfies Record<
  MediumKind,
  {
    describe(path: string, tools: RemasterTools): MediumDescription | Promise<MediumDescription>
    change(options: RemasterOptions): Promise<MediumDescription>
  }
>

/** Describes what an ISO, a disk, an initrd or a network boot directory boots. Fails with ARTIFACT_INVALID if it is none of them. */
export async function describeMedium(path: string, tools: RemasterTools): Promise<MediumDescription> {
  return remasters[await recogniseMedium(path)].describe(path, tools)
}

/**
 * Changes kernel arguments, menu, config and files of a finished output.
 *
 * A failure leaves the output unchanged. Without `output`, the target of a symlink is changed.
 */
export async function remaster(options: RemasterOptions): Promise<MediumDescription> {
  const kind = await recogniseMedium(options.input)
  const input = await realpath(options.input)
  const there = options.output === undefined ? input : await realpath(options.output).catch(() => undefined)
  if (options.output !== undefined && there !== input) checkOutputName(options.output, {input, kind})
  return remasters[kind].change({...options, input, output: there === input ? undefined : options.output})
}

async function recogniseMedium(path: string): Promise<MediumKind> {
  const found = await stat(path).catch((error: unknown) => {
    throw cannotRead(error, path)
  })
  if (found.isDirectory()) return 'pxe'
  if (!found.isFile()) {
    throw new HaosError('USAGE_INVALID', `${path} is not a regular file`, {
      hint: 'Copy the contents of a device or a pipe into a file first.',
      at: path,
    })
  }
  try {
    // Before the check for a disk, because an initrd may have any bytes at the offset of its signature.
    const image = await recogniseImage(path)
    if (image === 'iso') return 'iso'
    if ((await readInitrdTail(path)) !== undefined || (await isArchive(path))) return 'initrd'
    if (image === 'disk') return 'disk'
  } catch (error) {
    throw cannotRead(error, path)
  }
  throw new HaosError('ARTIFACT_INVALID', `${path} is neither an ISO nor a disk nor an initrd`, {
    hint: 'Name an output of haos-build, or an ISO of one of its predecessors.',
    at: path,
  })
}

/** Whether a file begins like an initrd: cpio, gzip, zstd or xz (kernel: lib/decompress.c). */
async function isArchive(path: string): Promise<boolean> {
  await using file = await open(path, 'r')
  const {buffer} = await file.read(Buffer.alloc(6), 0, 6, 0)
  return ['303730373031', '1f8b', '28b52ffd', 'fd377a585a00'].some((magic) => buffer.toString('hex').startsWith(magic))
}
