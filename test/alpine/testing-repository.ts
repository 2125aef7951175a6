import {generateKeyPairSync, sign} from 'node:crypto'
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {apkOf, type TestPackage} from './testing-packages.ts'
import {tarOf} from './testing-tar.ts'

const pair = generateKeyPairSync('rsa', {modulusLength: 2048})
const keyName = 'test-1.rsa.pub'

/** Public keys for the signatures of {@link signIndex}. */
export const testKeys = new Map([[keyName, pair.publicKey]])

/** A packed index with its signature before it. */
export function signIndex(index: Buffer): Buffer {
  const signature = sign('RSA-SHA256', index, pair.privateKey)
  return Buffer.concat([gzipSync(tarOf({[`.SIGN.RSA256.${keyName}`]: signature}, {cut: true})), index])
}

/** Letters of an index for a package's relations to others. */
const relations = {D: 'depend', p: 'provides', i: 'install_if', k: 'provider_priority'}

/** Turns a directory into a signed repository of these packages. Returns the path of the key. */
export function writeRepository(directory: string, packages: readonly TestPackage[]): string {
  for (const [arch, own = []] of Object.entries(Object.groupBy(packages, (pkg) => pkg.arch ?? 'x86_64'))) {
    mkdirSync(join(directory, arch), {recursive: true})
    const records = own.map((pkg) => {
      const {bytes, indexed} = apkOf(pkg)
      writeFileSync(join(directory, arch, `${indexed.name}-${indexed.version}.apk`), bytes)
      const {checksum, name, version, sizeBytes} = indexed
      const lists = Object.entries(relations).map(([letter, key]) => `${letter}:${valuesOf(pkg, key).join(' ')}`)
      return [
        ...[`C:${checksum}`, `P:${name}`, `V:${version}`, `A:${arch}`, `S:${sizeBytes}`, 'I:4096'],
        ...lists.filter((line) => line.length > 2),
        '\n',
      ].join('\n')
    })
    const index = gzipSync(tarOf({DESCRIPTION: 'test', APKINDEX: records.join('')}))
    writeFileSync(join(directory, arch, 'APKINDEX.tar.gz'), signIndex(index))
  }
  const key = join(directory, keyName)
  writeFileSync(key, pair.publicKey.export({type: 'spki', format: 'pem'}))
  return key
}

const valuesOf = ({info = []}: TestPackage, key: string): string[] =>
  info.flatMap((line) => (line.startsWith(`${key} = `) ? [line.slice(key.length + 3)] : []))
