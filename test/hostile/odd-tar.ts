import {encodeHeader, type TarHeader} from '#formats'

/** A tar header with overwritten fields and a matching checksum. */
export function header(fields: Partial<TarHeader>, patch: (block: Buffer) => void): Buffer {
  const block = Buffer.from(
    encodeHeader({
      name: 'x',
      linkName: '',
      type: 'file',
      mode: 0o644,
      uid: 0,
      gid: 0,
      sizeBytes: 0,
      mtime: 0,
      major: 0,
      minor: 0,
      ...fields,
    }),
  )
  patch(block)
  block.write(' '.repeat(8), 148)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

export const tar = (...blocks: Buffer[]): Buffer => Buffer.concat([...blocks, Buffer.alloc(1024)])

export const pax = (record: string): Buffer => {
  const body = Buffer.alloc(512)
  body.write(record)
  return Buffer.concat([header({type: 'pax', sizeBytes: record.length}, () => {}), body])
}

export const file = (name: string): Buffer => header({name}, () => {})

/** Adds the length, which includes itself, as in pax. */
export function paxRecord(text: string): string {
  const body = text.length + 2
  const length = body + String(body + String(body).length).length
  return `${length} ${text}\n`
}
