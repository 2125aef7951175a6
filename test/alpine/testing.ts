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

/** A tar archive of regular files, with or without the two blocks at its end. */
export function tarOf(files: Readonly<Record<string, Buffer | string>>, {cut = false} = {}): Buffer {
  const blocks = Object.entries(files).flatMap(([name, content]) => {
    const bytes = Buffer.from(content)
    const header = Buffer.alloc(512)
    header.write(name, 0, 'utf8')
    header.write('0000644\u00000000000\u00000000000\u0000', 100, 'latin1')
    header.write(`${bytes.length.toString(8).padStart(11, '0')}\u000000000000000\u0000        0`, 124, 'latin1')
    header.write('ustar\u000000', 257, 'latin1')
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148, 'latin1')
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]
  })
  return Buffer.concat([...blocks, Buffer.alloc(cut ? 0 : 1024)])
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
