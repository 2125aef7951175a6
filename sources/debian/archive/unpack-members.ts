import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs'
import {availableParallelism} from 'node:os'
import {Transform} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {createGunzip, createZstdDecompress} from 'node:zlib'
import {HaosError} from '#dsl'
import type {ToolRun} from '#engine'
import {unxz} from '#tools'
import {brokenDeb, type DebArchive} from './broken-deb.ts'
import {xzDecoder} from './decode-xz.ts'
import type {DebMember} from './read-deb.ts'

/** A part of an archive to unpack. */
export interface PackedMember {
  readonly archive: DebArchive
  readonly member: DebMember
  /** Host path of the unpacked tar file. */
  readonly output: string
  /** Maximum unpacked size: a few kilobytes can hold gigabytes. */
  readonly limitBytes: number
}

export interface UnpackContext {
  /** Runs xz. Default: a decoder in this process, for machines that have no tools yet. */
  readonly tool?: ToolRun
  readonly signal: AbortSignal
}

/**
 * Unpacks parts of archives on all processors, each up to its limit. Fails with PACKAGE_INVALID.
 *
 * It starts a few xz processes with many files each: one process for each archive costs more than the decompression.
 */
export async function unpackMembers(members: readonly PackedMember[], {tool, signal}: UnpackContext): Promise<void> {
  const packed: PackedMember[] = []
  for (const item of members) {
    signal.throwIfAborted()
    if (item.member.compression === '.xz' && tool !== undefined) {
      copyPacked(item, `${item.output}.xz`)
      packed.push(item)
    } else await unpackStream(item, signal)
  }
  if (tool !== undefined)
    await Promise.all(shareOut(packed, availableParallelism()).map((share) => unpackXz(share, tool)))
}

async function unpackStream({archive, member, output, limitBytes}: PackedMember, signal: AbortSignal): Promise<void> {
  const {compression, offset, sizeBytes} = member
  if (!['', '.gz', '.xz', '.zst'].includes(compression))
    throw brokenDeb(archive, `its compression "${compression}" is not supported`)
  let unpacked = 0
  const count = new Transform({
    transform(piece: Buffer, _, done) {
      unpacked += piece.length
      done(unpacked > limitBytes ? tooLarge(archive, limitBytes) : null, piece)
    },
  })
  const unpack = compression === '.gz' ? [createGunzip()] : compression === '.zst' ? [createZstdDecompress()] : []
  // No compressed stream is empty.
  if (sizeBytes === 0) throw brokenDeb(archive, 'a part of it is empty')
  const packed = createReadStream(archive.path, {start: offset, end: offset + sizeBytes - 1})
  const input = compression === '.xz' ? await xzDecoder(packed) : packed
  try {
    await pipeline([input, ...unpack, count, createWriteStream(output, {flags: 'wx'})], {signal})
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof HaosError || (error instanceof Error && 'syscall' in error)) throw error
    throw brokenDeb(archive, error instanceof Error ? error.message : String(error))
  }
}

async function unpackXz(share: readonly PackedMember[], tool: ToolRun): Promise<void> {
  // xz stops at the largest of the limits while it writes; the smaller ones are checked afterwards.
  const maxFileBytes = Math.max(...share.map(({limitBytes}) => limitBytes))
  try {
    await tool(unxz, {files: share.map(({output}) => `${output}.xz`)}, {maxFileBytes})
  } catch (error) {
    // xz removes only the inputs that it has unpacked.
    const culprit = share.find(({output}) => existsSync(`${output}.xz`))
    if (!(error instanceof HaosError) || error.code !== 'TOOL_FAILED' || culprit === undefined) throw error
    throw brokenDeb(culprit.archive, `xz cannot unpack it to at most ${culprit.limitBytes} bytes`, error.details.output)
  }
  for (const {archive, output, limitBytes} of share)
    if (statSync(output).size > limitBytes) throw tooLarge(archive, limitBytes)
}

const tooLarge = (archive: DebArchive, limitBytes: number): HaosError =>
  brokenDeb(archive, `it unpacks to more than ${limitBytes} bytes`)

function copyPacked({archive, member}: PackedMember, output: string): void {
  const [from, to] = [openSync(archive.path, 'r'), openSync(output, 'wx')]
  try {
    const buffer = Buffer.allocUnsafe(Math.min(member.sizeBytes, 1 << 20))
    for (let done = 0; done < member.sizeBytes; ) {
      const read = readSync(from, buffer, 0, Math.min(buffer.length, member.sizeBytes - done), member.offset + done)
      if (read === 0) throw brokenDeb(archive, 'it ends too early')
      for (let written = 0; written < read; ) written += writeSync(to, buffer, written, read - written)
      done += read
    }
  } finally {
    closeSync(from)
    closeSync(to)
  }
}

/** Divides members into shares of about equal size: the largest first, each to the smallest share. */
function shareOut(members: readonly PackedMember[], shares: number): PackedMember[][] {
  const all = Array.from({length: shares}, () => ({sizeBytes: 0, members: [] as PackedMember[]}))
  for (const item of [...members].sort((a, b) => b.member.sizeBytes - a.member.sizeBytes)) {
    const least = all.reduce((best, share) => (share.sizeBytes < best.sizeBytes ? share : best))
    least.sizeBytes += item.member.sizeBytes
    least.members.push(item)
  }
  return all.flatMap(({members: share}) => (share.length > 0 ? [share] : []))
}
