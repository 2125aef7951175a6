import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../test/scratch.ts'
import {publishedFiles} from './published-files.ts'
import {isFileOf, localFile, parseSums} from './verify-files.ts'

const signal = new AbortController().signal

test('of two files with one name in several directories, each is compared with its own', async () => {
  const directory = scratchDirectory()
  const names = ['x-pxe-amd64/initrd', 'x-pxe-arm64/initrd']
  for (const name of names) {
    mkdirSync(join(directory, name, '..'))
    writeFileSync(join(directory, name), name)
  }
  const files = await Promise.all(names.map((name) => localFile(join(directory, name), {directory, signal})))
  expect(files.map((file) => names.filter((name) => isFileOf(file, name)))).toEqual(names.map((name) => [name]))

  // Of a file elsewhere, only its own name is known.
  const elsewhere = await localFile(join(directory, 'x-pxe-arm64/initrd'), {directory: scratchDirectory(), signal})
  expect(names.filter((name) => isFileOf(elsewhere, name))).toEqual(names)
})

test('published files are known by their names, whatever their URLs look like', async () => {
  const name = 'edge 1.0+2-amd64.iso'
  const body = async function* () {
    yield Buffer.from(`${'a'.repeat(64)}  ${name}\n`)
  }
  const http = {get: async () => ({status: 200, headers: {}, body: body()})}
  const [file] = await publishedFiles('https://x.example/a', {names: [], http, scratch: '/nowhere', signal})
  expect(file).toMatchObject({name, label: 'https://x.example/a/edge%201.0%2B2-amd64.iso'})
  expect(file !== undefined && isFileOf(file, name)).toBe(true)
})

test.each([
  ['leads elsewhere', [['a', '../../x']], 'is not below it'],
  ['is absolute', [['a', '/etc/passwd']], 'is not below it'],
  [
    'has two digests',
    [
      ['a', 'x.iso'],
      ['b', 'x.iso'],
    ],
    'two digests',
  ],
] as const)('a list of digests in which a name %s is refused', (_, lines, reason) => {
  const text = lines.map(([digest, name]) => `${digest.repeat(64)}  ${name}\r\n`).join('')
  expect(() => parseSums(text, 'https://x.example/SHA256SUMS')).toThrow(reason)
})

test('lists as sha256sum writes them for binary files, and those with other line ends, are read', () => {
  expect([...parseSums(`${'a'.repeat(64)} *x.iso\r\n${'b'.repeat(64)}  y\n`, '').keys()]).toEqual(['x.iso', 'y'])
})
