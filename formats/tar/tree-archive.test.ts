import {execFileSync} from 'node:child_process'
import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../../test/scratch.ts'
import {readContent, readTree, type TreeEntry, writeTree} from './tree-archive.ts'

const file = (path: string, text: string, more: Partial<TreeEntry> = {}): TreeEntry => ({
  path,
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  content: {bytes: Buffer.from(text)},
  ...more,
})

async function write(entries: readonly TreeEntry[], epoch = 1_000_000_000): Promise<string> {
  const path = join(scratchDirectory(), 'tree.tar')
  await writeTree(path, entries, {epoch})
  return path
}

const read = (path: string): Promise<TreeEntry[]> => Array.fromAsync(readTree(path))

test('everything that a tree can hold is read back as it was written', async () => {
  const capability = Uint8Array.of(1, 0, 0, 2, 0, 0x20, 0, 0, 10, 0)
  const long = `/${'directory/'.repeat(15)}${'name'.repeat(30)}`
  const entries: TreeEntry[] = [
    file('/bin/ping', 'elf', {mode: 0o4755, xattrs: {'security.capability': capability}}),
    file(long, 'far down', {uid: 70_000, gid: 4_000_000_000}),
    {path: '/dev/null', type: 'character-device', mode: 0o666, uid: 0, gid: 0, major: 1, minor: 3},
    {path: '/etc/link', type: 'symlink', mode: 0o777, uid: 0, gid: 0, target: '../x'.repeat(40)},
    {path: '/tmp', type: 'directory', mode: 0o1777, uid: 0, gid: 0},
  ]
  const found = new Map((await read(await write(entries))).map((entry) => [entry.path, entry]))

  for (const {content, ...entry} of entries) expect(found.get(entry.path)).toMatchObject(entry)
  const ping = found.get('/bin/ping')
  expect(ping?.content && Buffer.from(await readContent(ping.content)).toString()).toBe('elf')
})

test('the same entries in another order give the same bytes', async () => {
  const entries = [file('/a/b', '1'), file('/a.b', '2'), file('/a/b.c', '3'), file('/z', '4')]

  expect(readFileSync(await write(entries.toReversed()))).toEqual(readFileSync(await write(entries)))
})

test('missing parents are added before their contents', async () => {
  const paths = (await read(await write([file('/usr/lib/x/y', '')]))).map(({path}) => path)

  expect(paths).toEqual(['/', '/usr', '/usr/lib', '/usr/lib/x', '/usr/lib/x/y'])
})

test('the name that sorts first becomes the file and the other its hard link, whichever was the link before', async () => {
  const link: TreeEntry = {path: '/a', type: 'hardlink', mode: 0o644, uid: 0, gid: 0, target: '/b'}
  const [, a, b] = await read(await write([file('/b', 'text'), link]))

  expect(a).toMatchObject({path: '/a', type: 'file'})
  expect(b).toMatchObject({path: '/b', type: 'hardlink', target: '/a'})
})

test('GNU tar reads our archives, including owners and times', async () => {
  const path = await write([file('/etc/shadow', 'secret', {mode: 0o640, gid: 42}), file(`/${'x'.repeat(150)}`, '')])
  const listing = execFileSync('tar', ['--list', '--verbose', '--numeric-owner', '--file', path], {
    encoding: 'utf8',
    env: {...process.env, TZ: 'UTC'},
  })

  expect(listing).toContain('-rw-r----- 0/42')
  expect(listing).toContain('2001-09-09 01:46 etc/shadow')
  expect(listing).toContain('x'.repeat(150))
})

test('archives in GNU format are read', async () => {
  const directory = scratchDirectory()
  const name = 'n'.repeat(120)
  const path = join(directory, 'gnu.tar')
  execFileSync(
    'sh',
    ['-c', `echo hello > ${name}; ln -s ${name} l; tar --format=gnu --create --file gnu.tar ${name} l`],
    {
      cwd: directory,
    },
  )
  const entries = await read(path)

  expect(entries.map(({path: entryPath, type}) => [entryPath, type])).toEqual([
    [`/${name}`, 'file'],
    ['/l', 'symlink'],
  ])
  expect(entries[1]?.target).toBe(name)
})

test('a tree with a damaged header is refused with its offset', async () => {
  const path = await write([file('/a', 'x')])
  const bytes = readFileSync(path)
  bytes[520] = 0x7f
  writeFileSync(path, bytes)

  await expect(read(path)).rejects.toMatchObject({code: 'STORE_UNUSABLE', message: expect.stringContaining('byte 512')})
})
