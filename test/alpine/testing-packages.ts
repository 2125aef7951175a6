import {createHash} from 'node:crypto'
import {writeFileSync} from 'node:fs'
import {gzipSync} from 'node:zlib'
import {encodeHeader, type TarHeader} from '#formats'
import {tarOf} from './testing.ts'

/** A path of a package that a test makes: a string is a file's content. */
export type TestEntry = string | (Partial<Omit<TarHeader, 'name'>> & {readonly content?: string | Uint8Array})

export interface TestPackage {
  readonly name?: string
  readonly version?: string
  /** Alpine's name of the architecture. Default: `x86_64`. */
  readonly arch?: string
  readonly entries?: Readonly<Record<string, TestEntry>>
  /** Lines of `.PKGINFO` beside those that every package has. */
  readonly info?: readonly string[]
  /** By file name, such as `.post-install`. */
  readonly scripts?: Readonly<Record<string, string>>
  /** Packed data in the place of the entries. */
  readonly data?: Buffer
}

/** A tar archive of any entries, also of those that no sound program would write. */
export function tarOfEntries(entries: Readonly<Record<string, TestEntry>>): Buffer {
  const blocks = Object.entries(entries).flatMap(([name, entry]) => {
    const {content: inner = '', ...fields} = typeof entry === 'string' ? {content: entry} : entry
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
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}

/** The bytes of a package without a signature of its own, and what an index would say of it. */
export function apkOf(pkg: TestPackage) {
  const {name = 'a', version = '1-r0', arch = 'x86_64', entries = {}, info = [], scripts = {}, data} = pkg
  const packed = data ?? gzipSync(tarOfEntries(entries))
  const lines = [
    `pkgname = ${name}`,
    `pkgver = ${version}`,
    'size = 4096',
    `arch = ${arch}`,
    ...info,
    `datahash = ${createHash('sha256').update(packed).digest('hex')}`,
  ]
  const control = gzipSync(tarOf({'.PKGINFO': `${lines.join('\n')}\n`, ...scripts}, {cut: true}))
  const bytes = Buffer.concat([control, packed])
  const checksum = `Q1${createHash('sha1').update(control).digest('base64')}`
  return {bytes, control, indexed: {name, version, checksum, sizeBytes: bytes.length}}
}

/** Writes a package and says what an index would. */
export function writeApk(path: string, pkg: TestPackage) {
  const {bytes, indexed} = apkOf(pkg)
  writeFileSync(path, bytes)
  return indexed
}
