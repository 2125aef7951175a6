import {encodeHeader, type TarHeader} from '#formats'

/** A path of an archive that a test makes: a string or a buffer is a file's content. */
export type TestEntry = string | Buffer | (Partial<Omit<TarHeader, 'name'>> & {readonly content?: string | Uint8Array})

/**
 * A tar archive of any entries, including those that no correct program would write.
 *
 * `cut` leaves out the two empty blocks at its end, as the signature and control segments of a package do.
 */
export function tarOf(entries: Readonly<Record<string, TestEntry>>, {cut = false} = {}): Buffer {
  const blocks = Object.entries(entries).flatMap(([name, entry]) => {
    const {content: inner = '', ...fields} =
      typeof entry === 'string' || Buffer.isBuffer(entry) ? {content: entry} : entry
    const content = Buffer.from(inner)
    const header: TarHeader = {
      name,
      linkName: '',
      type: 'file',
      mode: 0o644,
      uid: 0,
      gid: 0,
      sizeBytes: content.length,
      mtime: 0,
      major: 0,
      minor: 0,
      ...fields,
    }
    return [encodeHeader(header), content, Buffer.alloc((512 - (content.length % 512)) % 512)]
  })
  return Buffer.concat([...blocks, Buffer.alloc(cut ? 0 : 1024)])
}
