import {open, realpath, stat} from 'node:fs/promises'
import {HaosError} from '#dsl'
import {readInitrdTail, recogniseFormat} from '#engine'
import {SECTOR} from '../reserved-area.ts'
import {describeDisc, remasterDisc} from './disc/remaster-disc.ts'
import {describeDisk, remasterDisk} from './disk/remaster-disk.ts'
import type {MediumDescription, MediumKind, RemasterOptions, RemasterTools} from './medium.ts'
import {describeInitrd, remasterInitrd} from './remaster-initrd.ts'
import {describePxe, remasterPxe} from './remaster-pxe.ts'
import {cannotRead} from './replace-file.ts'

const remasters = {
  iso: {describe: describeDisc, change: remasterDisc},
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

/** Says what an ISO, a disk, an initrd or a network boot directory boots. Fails with ARTIFACT_INVALID where it is none of them. */
export async function describeMedium(path: string, tools: RemasterTools): Promise<MediumDescription> {
  return remasters[await recogniseMedium(path)].describe(path, tools)
}

/**
 * Changes kernel arguments, menu, config and files of a finished output.
 *
 * What stops it leaves the output as it was. Without `output` and through a link, what the link leads to is changed.
 */
export async function remaster(options: RemasterOptions): Promise<MediumDescription> {
  const kind = await recogniseMedium(options.input)
  const input = await realpath(options.input)
  const there = options.output === undefined ? input : await realpath(options.output).catch(() => undefined)
  return remasters[kind].change({...options, input, output: there === input ? undefined : options.output})
}

async function recogniseMedium(path: string): Promise<MediumKind> {
  const found = await stat(path).catch((error: unknown) => {
    throw cannotRead(error, path)
  })
  if (found.isDirectory()) return 'pxe'
  if (!found.isFile()) {
    throw new HaosError('USAGE_INVALID', `${path} is no regular file`, {
      hint: 'Copy what is on a device or comes through a pipe into a file first.',
      at: path,
    })
  }
  const [head, descriptor] = await readPieces(path)
  // First, because an ISO that starts from a stick has a partition table, too.
  if (descriptor.toString('latin1', 1, 6) === 'CD001') return 'iso'
  if ((await readInitrdTail(path)) !== undefined || isArchive(head)) return 'initrd'
  if (head.readUInt16LE(510) === 0xaa55 || (await recogniseFormat(path)) !== 'raw') return 'disk'
  throw new HaosError('ARTIFACT_INVALID', `${path} is no ISO, no disk and no initrd`, {
    hint: 'Name an output of haos-build, or an ISO of the systems before it.',
    at: path,
  })
}

async function readPieces(path: string): Promise<readonly [Buffer, Buffer]> {
  try {
    await using file = await open(path, 'r')
    const [head, descriptor] = [Buffer.alloc(512), Buffer.alloc(512)]
    await file.read(head, 0, head.length, 0)
    await file.read(descriptor, 0, descriptor.length, 16 * SECTOR)
    return [head, descriptor]
  } catch (error) {
    throw cannotRead(error, path)
  }
}

/** First bytes of an initrd: cpio, gzip, zstd and xz (kernel: lib/decompress.c). */
const isArchive = (head: Buffer): boolean =>
  ['303730373031', '1f8b', '28b52ffd', 'fd377a585a00'].some((magic) => head.toString('hex').startsWith(magic))
