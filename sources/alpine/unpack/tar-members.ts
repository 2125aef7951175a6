import {damagedArchive} from './gzip-member.ts'

/** A regular file of a small tar archive. */
export interface TarMember {
  readonly name: string
  readonly content: Buffer
}

const BLOCK = 512

/**
 * The regular files of a small archive in memory: a signature, an index, a control segment.
 *
 * Such archives hold a few files with short names, and nothing else is let in (POSIX.1-2001 ustar).
 */
export function readTarMembers(archive: Buffer, origin: string): TarMember[] {
  const members: TarMember[] = []
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const header = archive.subarray(at, at + BLOCK)
    if (header[0] === 0) break
    if (!isChecked(header)) throw damagedArchive(origin, `a tar header at byte ${at} has a wrong checksum`)
    const size = Number.parseInt(cString(header, 124, 12).trim() || '0', 8)
    const content = at + BLOCK
    if (!(size >= 0) || content + size > archive.length) throw damagedArchive(origin, `a file at byte ${at} is cut`)
    const type = header[156] ?? 0
    if (type === 0 || type === 48) {
      members.push({name: cString(header, 0, 100), content: archive.subarray(content, content + size)})
    }
    at = content + Math.ceil(size / BLOCK) * BLOCK
  }
  return members
}

/** Whether the sum of a header's bytes is the one that it states, its own field taken as spaces. */
function isChecked(header: Buffer): boolean {
  let sum = 8 * 32
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) sum += header[at] ?? 0
  return sum === Number.parseInt(cString(header, 148, 8).trim(), 8)
}

function cString(block: Buffer, start: number, length: number): string {
  const end = block.indexOf(0, start)
  return block.toString('utf8', start, end < 0 ? start + length : Math.min(end, start + length))
}
