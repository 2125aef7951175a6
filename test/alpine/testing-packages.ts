import {createHash} from 'node:crypto'
import {writeFileSync} from 'node:fs'
import {gzipSync} from 'node:zlib'
import {type TestEntry, tarOf} from './testing-tar.ts'

export interface TestPackage {
  readonly name?: string
  readonly version?: string
  /** Alpine's name of the architecture. Default: `x86_64`. */
  readonly arch?: string
  readonly entries?: Readonly<Record<string, TestEntry>>
  /** Lines of `.PKGINFO` in addition to those of every package. */
  readonly info?: readonly string[]
  /** By file name, such as `.post-install`. */
  readonly scripts?: Readonly<Record<string, string>>
  /** Packed data instead of the entries. */
  readonly data?: Buffer
}

/** The bytes of an unsigned package, and its entry in an index. */
export function apkOf(pkg: TestPackage) {
  const {name = 'a', version = '1-r0', arch = 'x86_64', entries = {}, info = [], scripts = {}, data} = pkg
  const packed = data ?? gzipSync(tarOf(entries))
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

/** Writes a package and returns its entry in an index. */
export function writeApk(path: string, pkg: TestPackage) {
  const {bytes, indexed} = apkOf(pkg)
  writeFileSync(path, bytes)
  return indexed
}
