import {closeSync, openSync, readSync, writeFileSync} from 'node:fs'
import {availableParallelism} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {gunzip, zstdDecompress} from 'node:zlib'
import {HaosError} from '#dsl'
import type {ToolRun} from '#engine'
import {unxz} from '#tools'

/** Host paths of the two tar files of an unpacked archive. */
export interface DebTars {
  /** Host path of the archive that they come from. */
  readonly archive: string
  readonly control: string
  readonly data: string
}

export interface UnpackOptions {
  /** Directory for the tar files. */
  readonly scratch: string
  readonly tool: ToolRun
  readonly signal: AbortSignal
}

/**
 * Unpacks .deb archives (deb(5)) to their tar files, on all processors.
 *
 * A few xz processes with many files each: one process for each archive costs more than the decompression.
 */
export async function unpackDebs(
  archives: readonly string[],
  {scratch, tool, signal}: UnpackOptions,
): Promise<DebTars[]> {
  const packed: {path: string; sizeBytes: number}[] = []
  const unpacked: DebTars[] = []
  for (const [index, archive] of archives.entries()) {
    signal.throwIfAborted()
    const tars = {archive, control: join(scratch, `${index}.control.tar`), data: join(scratch, `${index}.data.tar`)}
    for (const {name, bytes} of readMembers(archive)) {
      const path = name.startsWith('control') ? tars.control : tars.data
      if (name.endsWith('.xz')) {
        writeFileSync(`${path}.xz`, bytes)
        packed.push({path: `${path}.xz`, sizeBytes: bytes.length})
      } else {
        writeFileSync(path, await decompress(name, bytes))
      }
    }
    unpacked.push(tars)
  }
  const shares = shareOut(packed, availableParallelism())
  await Promise.all(shares.map((files) => tool(unxz, {files})))
  return unpacked
}

interface Member {
  readonly name: string
  readonly bytes: Buffer
}

/** Bytes of the magic word at the start of an ar(5) archive, and of the header of each member. */
const magicBytes = 8
const headerBytes = 60

/** Reads the two tar files of an archive as they are stored. */
function readMembers(archive: string): Member[] {
  const fd = openSync(archive, 'r')
  try {
    const members: Member[] = []
    const header = Buffer.alloc(headerBytes)
    for (let position = magicBytes; readSync(fd, header, 0, headerBytes, position) === headerBytes; ) {
      const name = header.toString('latin1', 0, 16).trim().replace(/\/$/, '')
      const sizeBytes = Number(header.toString('latin1', 48, 58))
      if (!Number.isInteger(sizeBytes)) break
      if (/^(?:control|data)\.tar/.test(name)) {
        const bytes = Buffer.allocUnsafe(sizeBytes)
        if (readSync(fd, bytes, 0, sizeBytes, position + headerBytes) < sizeBytes) break
        members.push({name, bytes})
      }
      // Members begin at even places.
      position += headerBytes + sizeBytes + (sizeBytes % 2)
    }
    if (members.length === 2) return members
  } finally {
    closeSync(fd)
  }
  throw new HaosError('PACKAGE_INVALID', 'a pinned file is no Debian package', {
    at: archive,
    hint: 'Find out what the mirror serves, and run `haos-build lock --update`.',
  })
}

async function decompress(name: string, bytes: Buffer): Promise<Buffer> {
  if (name.endsWith('.gz')) return promisify(gunzip)(bytes)
  if (name.endsWith('.zst')) return promisify(zstdDecompress)(bytes)
  return bytes
}

/** Shares files out so that all shares are about equally large: the largest first, each to whoever has least. */
export function shareOut(files: readonly {path: string; sizeBytes: number}[], shares: number): string[][] {
  const all = Array.from({length: shares}, () => ({sizeBytes: 0, paths: [] as string[]}))
  for (const {path, sizeBytes} of [...files].sort((a, b) => b.sizeBytes - a.sizeBytes)) {
    const least = all.reduce((best, share) => (share.sizeBytes < best.sizeBytes ? share : best))
    least.sizeBytes += sizeBytes
    least.paths.push(path)
  }
  return all.flatMap(({paths}) => (paths.length > 0 ? [paths] : []))
}
