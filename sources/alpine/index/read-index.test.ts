import {generateKeyPairSync, type KeyObject, sign} from 'node:crypto'
import {existsSync, mkdirSync, writeFileSync} from 'node:fs'
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {describe, expect, test} from 'vitest'
import {indexText, namedGzip} from '../../../test/alpine/testing.ts'
import {tarOf} from '../../../test/alpine/testing-tar.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {loadKeyRing} from './key-ring.ts'
import {readIndex} from './read-index.ts'

const mine = generateKeyPairSync('rsa', {modulusLength: 2048})
const other = generateKeyPairSync('rsa', {modulusLength: 2048})
const keys = new Map([['me.rsa.pub', mine.publicKey]])
const text = indexText(['a 1'])
const origin = 'test/APKINDEX.tar.gz'
const content = gzipSync(tarOf({DESCRIPTION: 'test', APKINDEX: text}))

/** An index with signatures, by their file names. */
const signed = (signatures: Readonly<Record<string, KeyObject>>, body: Uint8Array = content) => {
  const files = Object.entries(signatures).map(([name, key]) => [
    name,
    sign(name.startsWith('.SIGN.RSA256.') ? 'RSA-SHA256' : 'RSA-SHA1', body, key),
  ])
  return Buffer.concat([gzipSync(tarOf(Object.fromEntries(files), {cut: true})), body])
}

describe('an index is read if a trusted key has signed it', () => {
  test.each([
    ['SHA-1', {'.SIGN.RSA.me.rsa.pub': mine.privateKey}],
    ['SHA-256', {'.SIGN.RSA256.me.rsa.pub': mine.privateKey}],
    ['one of several', {'.SIGN.RSA.you.rsa.pub': other.privateKey, '.SIGN.RSA256.me.rsa.pub': mine.privateKey}],
  ])('with %s', (_, signatures) => {
    expect(readIndex(signed(signatures), {origin, keys})).toEqual(text)
  })

  test('also if gzip has written a file name', () => {
    const body = namedGzip(tarOf({APKINDEX: text}), 'index.tar')

    expect(readIndex(signed({'.SIGN.RSA.me.rsa.pub': mine.privateKey}, body), {origin, keys})).toEqual(text)
  })
})

describe('an index is refused', () => {
  const good = signed({'.SIGN.RSA.me.rsa.pub': mine.privateKey})

  test.each([
    ['without signature', content, `${origin} is not signed`],
    [
      'signed by a stranger',
      signed({'.SIGN.RSA.you.rsa.pub': other.privateKey}),
      `${origin} is signed by you.rsa.pub; trusted are me.rsa.pub`,
    ],
    [
      'signed by another key under a trusted name',
      signed({'.SIGN.RSA.me.rsa.pub': other.privateKey}),
      `the signature of ${origin} does not match its content`,
    ],
    [
      'with a member appended',
      Buffer.concat([good, gzipSync('more')]),
      `the signature of ${origin} does not match its content`,
    ],
  ])('%s', (_, file, message) => {
    expect(() => readIndex(file, {origin, keys})).toThrow(expect.objectContaining({code: 'SIGNATURE_INVALID', message}))
  })

  test('truncated anywhere, it never gives a text', () => {
    for (let length = 0; length < good.length; length += 7)
      expect(() => readIndex(good.subarray(0, length), {origin, keys})).toThrow(origin)
  })

  test('in the format of apk 3, with its name', () => {
    expect(() => readIndex(Buffer.from('ADBd....'), {origin})).toThrow('is in the format of apk 3 (ADB)')
  })

  test('with a byte changed anywhere, signed or not, it never gives another text', () => {
    for (let at = 0; at < good.length; at += 5) {
      const damaged = Buffer.from(good)
      damaged[at] = (damaged[at] ?? 0) ^ 0x41
      let got: Buffer | undefined
      try {
        got = readIndex(damaged, {origin, keys})
      } catch {}
      // A few bytes of gzip's own header (its time, its system) stand for nothing.
      if (got) expect(got).toEqual(text)
    }
  })
})

test('a directory provides its own keys for every architecture, and those in the subdirectory of the requested one', () => {
  const directory = scratchDirectory()
  const put = (path: string, key: KeyObject) =>
    writeFileSync(join(directory, path), key.export({type: 'spki', format: 'pem'}))
  for (const arch of ['x86_64', 'armv7']) mkdirSync(join(directory, arch))
  put('x86_64/me.rsa.pub', mine.publicKey)
  put('armv7/you.rsa.pub', other.publicKey)
  const file = signed({'.SIGN.RSA.me.rsa.pub': mine.privateKey})

  expect(readIndex(file, {origin, keys: loadKeyRing([directory], 'x86_64')})).toEqual(text)
  expect(() => readIndex(file, {origin, keys: loadKeyRing([directory], 'armv7')})).toThrow(
    expect.objectContaining({code: 'SIGNATURE_INVALID', message: expect.stringContaining('trusted are you.rsa.pub')}),
  )
  put('all.rsa.pub', other.publicKey)
  expect([...loadKeyRing([directory], 'x86_64').keys()].sort()).toEqual(['all.rsa.pub', 'me.rsa.pub'])
})

const alpine = join(import.meta.dirname, '../../../../shared/alpine')

test.skipIf(!existsSync(alpine)).each([
  ['indexes/3.16/main/x86_64/APKINDEX.tar.gz', 'keys', 'x86_64'],
  ['indexes/3.17/main/aarch64/APKINDEX.tar.gz', 'keys', 'aarch64'],
  ['extra/x86_64/APKINDEX.tar.gz', 'extra', 'x86_64'],
])(
  'the real index %s of ../shared/alpine is signed by the keys of its architecture and by no other',
  async (path, keysAt, arch) => {
    const file = await readFile(join(alpine, path))

    expect(readIndex(file, {origin, keys: loadKeyRing([join(alpine, keysAt)], arch)}).length).toBeGreaterThan(100)
    expect(() => readIndex(file, {origin, keys: loadKeyRing([join(alpine, 'keys/armv7')], 'armv7')})).toThrow(
      expect.objectContaining({code: 'SIGNATURE_INVALID'}),
    )
  },
)
