import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {describe, expect, test} from 'vitest'
import type {HaosError} from '#dsl'
import {apkOf} from '../../../test/alpine/testing-packages.ts'
import type {TestEntry} from '../../../test/alpine/testing-tar.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {type IndexedPackage, unpackApk} from './unpack-apk.ts'

async function unpack(bytes: Uint8Array, expected?: IndexedPackage) {
  const directory = scratchDirectory()
  const path = join(directory, 'a.apk')
  writeFileSync(path, bytes)
  return unpackApk(path, {origin: 'a-1-r0', dataPath: join(directory, 'data'), expected})
}

const failure = async (bytes: Uint8Array, expected?: IndexedPackage): Promise<HaosError> =>
  unpack(bytes, expected).then(
    () => Promise.reject(new Error('it was taken')),
    (error: HaosError) => error,
  )

const withEntries = (entries: Readonly<Record<string, TestEntry>>) => apkOf({entries}).bytes

test('a package has its scripts and its paths', async () => {
  const {bytes, indexed} = apkOf({
    entries: {'usr/': {type: 'directory', mode: 0o755}, 'usr/a': 'hello', 'usr/b': {type: 'symlink', linkName: 'a'}},
    scripts: {'.post-install': '#!/bin/sh\n'},
  })

  const pkg = await unpack(bytes, indexed)

  expect(pkg).toMatchObject({label: 'a-1-r0', checksum: indexed.checksum})
  expect([...pkg.scripts.keys()]).toEqual(['post-install'])
  expect(pkg.entries.map(({entry}) => `${entry.type} ${entry.path}`)).toEqual([
    'directory /usr',
    'file /usr/a',
    'symlink /usr/b',
  ])
})

describe('a package that does not match the index is refused', () => {
  const good = apkOf({entries: {a: 'hello'}})
  const code = (bytes: Uint8Array) => failure(bytes, good.indexed).then((error) => error.code)

  test('another size is named with both sizes', async () => {
    const error = await failure(Buffer.concat([good.bytes, Buffer.from('x')]), good.indexed)

    expect(error.code).toBe('DIGEST_MISMATCH')
    expect(error.message).toContain(`its size is ${good.bytes.length + 1} bytes instead of ${good.bytes.length} bytes`)
  })

  test('another package than the lock file names, though its digest is the pinned one', async () => {
    const path = join(scratchDirectory(), 'a.apk')
    writeFileSync(path, good.bytes)

    await expect(unpackApk(path, {origin: 'a-2-r0', lockedAs: 'a-2-r0'})).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      message: expect.stringContaining('its package is a-1-r0 instead of a-2-r0'),
    })
  })

  test('a control segment that was packed again', async () => {
    const bytes = Buffer.concat([good.control.subarray(0, 4), Buffer.from([9]), good.bytes.subarray(5)])

    expect(await failure(bytes, good.indexed)).toMatchObject({
      code: 'DIGEST_MISMATCH',
      message: expect.stringContaining('control segment is Q1'),
    })
  })

  test('any changed byte of the data', async () => {
    for (let at = good.control.length; at < good.bytes.length; at++) {
      const bytes = Buffer.from(good.bytes)
      bytes[at] = (bytes[at] ?? 0) ^ 1
      expect(await code(bytes), `byte ${at}`).toBe('DIGEST_MISMATCH')
    }
  })

  test('another package under this name', async () => {
    const other = apkOf({name: 'b', entries: {a: 'hello'}})
    const error = await failure(other.bytes, {...other.indexed, name: 'a'})

    expect(error.message).toContain('its package is b-1-r0 instead of a-1-r0')
  })

  test.each([0, 1, 10, good.control.length - 1])('a file truncated after %s bytes', async (length) => {
    expect((await failure(good.bytes.subarray(0, length))).code).toBe('PACKAGE_INVALID')
  })

  test('a package of apk 3 is recognized', async () => {
    expect((await failure(Buffer.from('ADBd1234'))).message).toContain('format of apk 3')
  })
})

describe('paths that no package may hold', () => {
  test.each<[string, Readonly<Record<string, TestEntry>>]>([
    ['leave the root', {'../etc/passwd': 'x'}],
    ['leave the root later', {'usr/../../etc/passwd': 'x'}],
    ['are absolute', {'/etc/passwd': 'x'}],
    ['say "here"', {'./etc/passwd': 'x'}],
    ['are empty in the middle', {'etc//passwd': 'x'}],
    ['break lines', {'etc/a\nb': 'x'}],
    ['are there twice', {'etc/a': 'x', 'etc/a/': {type: 'directory'}}],
    ['are hard links to elsewhere', {a: {type: 'hardlink', linkName: '/etc/passwd'}}],
    ['are hard links to nothing', {a: {type: 'hardlink', linkName: 'b'}}],
    ['are links to nothing', {a: {type: 'symlink', linkName: ''}}],
  ])('%s', async (_, entries) => {
    expect((await failure(withEntries(entries))).code).toBe('PACKAGE_INVALID')
  })

  test('names of control files in the data are skipped', async () => {
    expect((await unpack(withEntries({'.dummy': '', '.post-install': 'x', a: ''}))).entries).toHaveLength(1)
  })
})

test('data far larger than a package states is not unpacked', async () => {
  const data = gzipSync(Buffer.concat([tarHead(300 << 20), Buffer.alloc(300 << 20)]))

  expect((await failure(apkOf({data}).bytes)).message).toMatch(/unpacks to more than \d+ bytes/)
})

function tarHead(sizeBytes: number): Buffer {
  const header = Buffer.alloc(512)
  header.write('a')
  header.write(
    `0000644\u00000000000\u00000000000\u0000${sizeBytes.toString(8).padStart(11, '0')}\u000000000000000\u0000        0`,
    100,
  )
  header.write('ustar\u000000', 257)
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\u0000 `,
    148,
  )
  return header
}
