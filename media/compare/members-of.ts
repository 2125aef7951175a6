import {closeSync, createReadStream, createWriteStream, openSync} from 'node:fs'
import {open, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {pipeline} from 'node:stream/promises'
import {createGunzip} from 'node:zlib'
import {IsoImage, readCpio, readTree, type TreeEntry} from '#formats'
import {squashfsAsTar} from '#tools'
import type {ToolAt} from '../with-scratch.ts'
import type {Member} from './difference.ts'

export interface MembersTools {
  readonly toolAt: ToolAt
  /** Directory for what is unpacked. */
  readonly scratch: string
  /** Bytes that may be unpacked at most, of a file that may come from anywhere. Default: unlimited. */
  readonly mostBytes?: number | undefined
}

/**
 * What a file holds, if it is of a kind that holds others: ISO 9660, SquashFS, tar, cpio, gzip, or a disk with a GPT.
 * Undefined for any other file.
 */
export async function membersOf(path: string, tools: MembersTools): Promise<readonly Member[] | undefined> {
  const {size} = await stat(path)
  const head = await readHead(path)
  const has = (magic: string, at: number) => head.toString('latin1', at, at + magic.length) === magic
  if (has('CD001', 16 * 2048 + 1)) return membersOfIso(path)
  if (has('hsqs', 0)) return membersOfTree(readTree(await unpackSquashfs(path, tools), {times: true}))
  if (has('\x1f\x8b', 0)) return [await unpackGzip(path, tools)]
  if (has('070701', 0)) return membersOfTree(readCpio(path, 0))
  if (has('ustar', 257)) return membersOfTree(readTree(path, {times: true}))
  if (has('EFI PART', 512)) return partitionsOf(path, head, size)
  return undefined
}

const headBytes = 17 * 2048

async function readHead(path: string): Promise<Buffer> {
  await using file = await open(path)
  const {buffer, bytesRead} = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0)
  return buffer.subarray(0, bytesRead)
}

function membersOfIso(path: string): Member[] {
  const fd = openSync(path, 'r')
  try {
    const image = IsoImage.open(fd, path)
    const below = (directory: string): Member[] =>
      image.list(directory).flatMap(({name, isDirectory, lba, sizeBytes}) => {
        const place = `${directory === '/' ? '' : directory}/${name}`
        if (isDirectory) return [{path: place, fields: {type: 'directory'}}, ...below(place)]
        return [{path: place, fields: {type: 'file'}, content: {hostPath: path, offset: lba * 2048, sizeBytes}}]
      })
    return below('/')
  } finally {
    closeSync(fd)
  }
}

/** An archive that cannot be read to its end still holds what comes before. */
async function membersOfTree(entries: AsyncIterable<TreeEntry>): Promise<Member[]> {
  const members: Member[] = []
  for await (const entry of entries) {
    const {path, type, mode, uid, gid, target, major, minor, mtime, xattrs = {}, content} = entry
    members.push({
      path,
      fields: {
        type,
        ...(target !== undefined && {target}),
        mode: mode.toString(8).padStart(4, '0'),
        owner: `${uid}:${gid}`,
        ...(major !== undefined && {device: `${major}:${minor}`}),
        ...(mtime !== undefined && {time: new Date(mtime * 1000).toISOString()}),
        ...Object.fromEntries(
          Object.entries(xattrs).map(([name, value]) => [`attribute ${name}`, Buffer.from(value).toString('base64')]),
        ),
      },
      content: content !== undefined && 'hostPath' in content ? content : undefined,
    })
  }
  return members
}

async function unpackSquashfs(path: string, {toolAt, scratch, mostBytes}: MembersTools): Promise<string> {
  const tar = join(scratch, 'layer.tar')
  await toolAt(0)(
    squashfsAsTar,
    {image: path},
    {stdout: tar, ...(mostBytes !== undefined && {maxFileBytes: mostBytes})},
  )
  return tar
}

async function unpackGzip(
  path: string,
  {scratch, mostBytes = Number.POSITIVE_INFINITY}: MembersTools,
): Promise<Member> {
  const unpacked = join(scratch, 'unpacked')
  let bytes = 0
  const limit = async function* (pieces: AsyncIterable<Buffer>) {
    for await (const piece of pieces) {
      bytes += piece.length
      if (bytes > mostBytes) throw new RangeError(`it unpacks to more than ${mostBytes} bytes`)
      yield piece
    }
  }
  await pipeline(createReadStream(path), createGunzip(), limit, createWriteStream(unpacked))
  const {size} = await stat(unpacked)
  return {path: 'uncompressed', fields: {}, content: {hostPath: unpacked, offset: 0, sizeBytes: size}}
}

/** The partitions of a disk (UEFI specification, 5.3): their table is in the first sectors. */
function partitionsOf(path: string, head: Buffer, size: number): Member[] {
  const entries = head.readUInt32LE(512 + 80)
  const entryBytes = head.readUInt32LE(512 + 84)
  return Array.from({length: Math.min(entries, 128)}, (_, index) => 1024 + index * entryBytes)
    .filter((at) => at + 128 <= head.length && head.readBigUInt64LE(at + 32) > 0n)
    .map((at, index) => {
      const first = Number(head.readBigUInt64LE(at + 32)) * 512
      const end = Math.min((Number(head.readBigUInt64LE(at + 40)) + 1) * 512, size)
      const name = head.toString('utf16le', at + 56, at + 128).replace(/\0.*$/s, '')
      return {
        path: `partition ${index + 1}${name === '' ? '' : ` (${name})`}`,
        fields: {begin: first, end, id: head.toString('hex', at + 16, at + 32)},
        content: {hostPath: path, offset: first, sizeBytes: end - first},
      }
    })
}
