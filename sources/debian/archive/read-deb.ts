import {closeSync, fstatSync, openSync, readSync} from 'node:fs'
import {brokenDeb, type DebArchive} from './broken-deb.ts'

/** A tar file as stored in a .deb. */
export interface DebMember {
  /** The extension after `.tar`, which names the compression: `.xz`, `.gz`, `.zst`, or empty. */
  readonly compression: string
  /** Offset in the archive, in bytes. */
  readonly offset: number
  readonly sizeBytes: number
}

/** The magic string at the start of an ar(5) archive, and the size of each member's header. */
const magic = '!<arch>\n'
const headerBytes = 60

/** Finds the two tar files of a .deb (deb(5)) by reading each header once. Fails with PACKAGE_INVALID. */
export function readDeb(archive: DebArchive): {readonly control: DebMember; readonly data: DebMember} {
  const fd = openSync(archive.path, 'r')
  try {
    const {size} = fstatSync(fd)
    const header = Buffer.alloc(headerBytes)
    const head = header.toString('latin1', 0, readSync(fd, header, 0, magic.length, 0))
    if (head !== magic) throw brokenDeb(archive, 'it is not an ar archive')
    const found = new Map<string, DebMember>()
    for (let position = magic.length; position + headerBytes <= size; ) {
      readSync(fd, header, 0, headerBytes, position)
      const name = header.toString('latin1', 0, 16).trim().replace(/\/$/, '')
      const digits = header.toString('latin1', 48, 58).trim()
      const sizeBytes = Number(digits)
      const offset = position + headerBytes
      if (!/^\d+$/.test(digits) || offset + sizeBytes > size)
        throw brokenDeb(
          archive,
          `its part ${JSON.stringify(name)} has ${JSON.stringify(digits)} bytes, which are not there`,
        )
      const [, part, compression] = /^(control|data)\.tar((?:\.\w+)?)$/.exec(name) ?? []
      if (part !== undefined && compression !== undefined) {
        if (found.has(part)) throw brokenDeb(archive, `it has two parts ${part}.tar`)
        found.set(part, {compression, offset, sizeBytes})
      }
      // Members start at even offsets.
      position = offset + sizeBytes + (sizeBytes % 2)
    }
    const [control, data] = [found.get('control'), found.get('data')]
    if (control === undefined || data === undefined) throw brokenDeb(archive, 'it lacks control.tar or data.tar')
    return {control, data}
  } finally {
    closeSync(fd)
  }
}
