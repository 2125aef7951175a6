import {parseAnyHeader} from './tar-format.ts'

/** A regular file of a small tar archive. */
export interface TarMember {
  readonly name: string
  readonly content: Buffer
}

const BLOCK = 512

/**
 * The regular files of a small archive in memory: a signature, an index, a control segment.
 *
 * It skips everything else, including pax records: such archives hold a few files with short names. `damaged` makes the
 * error for an invalid header or a truncated file.
 */
export function readTarMembers(archive: Buffer, damaged: (problem: string) => Error): TarMember[] {
  const members: TarMember[] = []
  for (let at = 0; at + BLOCK <= archive.length && archive[at] !== 0; ) {
    const header = parseAnyHeader(archive.subarray(at, at + BLOCK))
    if (header === undefined) throw damaged(`the tar header at byte ${at} has a wrong checksum`)
    const content = at + BLOCK
    const end = content + header.sizeBytes
    if (!(header.sizeBytes >= 0 && end <= archive.length)) throw damaged(`the file at byte ${at} is truncated`)
    if (header.typeFlag === '0') members.push({name: header.name, content: archive.subarray(content, end)})
    at = content + Math.ceil(header.sizeBytes / BLOCK) * BLOCK
  }
  return members
}
