import {generateKeyPairSync, sign} from 'node:crypto'
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {tarOf} from './testing.ts'
import {apkOf, type TestPackage} from './testing-packages.ts'

const pair = generateKeyPairSync('rsa', {modulusLength: 2048})
const keyName = 'test-1.rsa.pub'

/** Keys that trust what {@link signIndex} signs. */
export const testKeys = new Map([[keyName, pair.publicKey]])

/** A packed index with its signature before it. */
export function signIndex(index: Buffer): Buffer {
  const signature = sign('RSA-SHA256', index, pair.privateKey)
  return Buffer.concat([gzipSync(tarOf({[`.SIGN.RSA256.${keyName}`]: signature}, {cut: true})), index])
}

/** Makes a directory a signed repository of these packages for x86_64. Gives the path of the key. */
export function writeRepository(directory: string, packages: readonly TestPackage[]): string {
  mkdirSync(join(directory, 'x86_64'), {recursive: true})
  const records = packages.map((pkg) => {
    const {bytes, indexed} = apkOf(pkg)
    writeFileSync(join(directory, 'x86_64', `${indexed.name}-${indexed.version}.apk`), bytes)
    const {checksum, name, version, sizeBytes} = indexed
    return `C:${checksum}\nP:${name}\nV:${version}\nA:x86_64\nS:${sizeBytes}\nI:4096\n\n`
  })
  const index = gzipSync(tarOf({DESCRIPTION: 'test', APKINDEX: records.join('')}))
  writeFileSync(join(directory, 'x86_64/APKINDEX.tar.gz'), signIndex(index))
  const key = join(directory, keyName)
  writeFileSync(key, pair.publicKey.export({type: 'spki', format: 'pem'}))
  return key
}
