import {createHash} from 'node:crypto'
import {crc32, gzipSync} from 'node:zlib'

/** The text of a small index: each package as `name version|X:field|…`. */
export function indexText(packages: readonly string[]): Buffer {
  const records = packages.map((line) => {
    const [head = '', ...fields] = line.split('|')
    const [name, version] = head.split(' ')
    const checksum = `Q1${createHash('sha1').update(line).digest('base64')}`
    return [`C:${checksum}`, `P:${name}`, `V:${version}`, 'A:x86_64', 'S:1', 'I:4096', ...fields, '', ''].join('\n')
  })
  return Buffer.from(records.join(''))
}

/** A gzip member with a name in its header, as some tools write it. */
export function namedGzip(content: Buffer, name: string): Buffer {
  const packed = gzipSync(content)
  const header = Buffer.from(packed.subarray(0, 10))
  header[3] = 8
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(crc32(content), 0)
  trailer.writeUInt32LE(content.length, 4)
  return Buffer.concat([header, Buffer.from(`${name}\u0000`), packed.subarray(10, -8), trailer])
}
