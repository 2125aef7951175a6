import {execFileSync} from 'node:child_process'
import {copyFileSync, mkdirSync, readFileSync, utimesSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {expect, test} from 'vitest'
import {Toolbox} from '#engine'
import {scratchDirectory} from '../../test/scratch.ts'
import {compareFiles} from './compare-files.ts'

const tools = {toolbox: new Toolbox(), signal: new AbortController().signal}

/** An ISO with a layer in it, as a build makes them, after a change of the files in the layer. */
function makeIso(change: (directory: string) => void = () => {}, name = 'image.iso'): string {
  const scratch = scratchDirectory()
  const files = join(scratch, 'files')
  mkdirSync(join(files, 'etc'), {recursive: true})
  for (const path of ['etc/motd', 'etc/issue']) {
    writeFileSync(join(files, path), `text of ${path}\n`, {mode: 0o644})
    utimesSync(join(files, path), 1000, 1000)
  }
  change(files)
  for (const directory of ['etc', '.']) utimesSync(join(files, directory), 1000, 1000)
  const layer = join(scratch, 'media/system/layer.squashfs')
  mkdirSync(join(scratch, 'media/system'), {recursive: true})
  const tar = execFileSync('tar', [
    '--create',
    '--sort=name',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '-C',
    files,
    '.',
  ])
  execFileSync('tar2sqfs', ['--quiet', '--defaults', 'mtime=1000', layer], {input: tar})
  writeFileSync(join(scratch, 'media/readme'), 'about\n')
  const iso = join(scratch, name)
  execFileSync('xorriso', ['-as', 'mkisofs', '-quiet', '-R', '-J', '-o', iso, join(scratch, 'media')], {
    env: {...process.env, SOURCE_DATE_EPOCH: '1000'},
    stdio: 'ignore',
  })
  return iso
}

const layer = '/system/layer.squashfs'

test('equal files have no difference', async () => {
  const iso = makeIso()
  copyFileSync(iso, `${iso}.copy`)
  expect(await compareFiles(iso, `${iso}.copy`, tools)).toBeUndefined()
})

test.each([
  [
    'a changed byte of a file',
    (files: string) => {
      writeFileSync(join(files, 'etc/motd'), 'text of etc/motd!')
      utimesSync(join(files, 'etc/motd'), 1000, 1000)
    },
    {path: [layer, '/etc/motd'], problem: 'differs from byte 16 on'},
  ],
  [
    'a changed time stamp',
    (files: string) => utimesSync(join(files, 'etc/issue'), 2000, 2000),
    {path: [layer, '/etc/issue'], problem: 'has time 1970-01-01T00:33:20.000Z instead of 1970-01-01T00:16:40.000Z'},
  ],
  [
    'a changed mode',
    (files: string) => execFileSync('chmod', ['4755', join(files, 'etc/issue')]),
    {path: [layer, '/etc/issue'], problem: 'has mode 4755 instead of 0644'},
  ],
  [
    'a file too many',
    (files: string) => {
      writeFileSync(join(files, 'etc/more'), '')
      utimesSync(join(files, 'etc/more'), 1000, 1000)
    },
    {path: [layer, '/etc/more'], problem: 'should not be there'},
  ],
  [
    'a missing file',
    (files: string) => execFileSync('rm', [join(files, 'etc/issue')]),
    {path: [layer, '/etc/issue'], problem: 'is missing'},
  ],
])('%s is found in a layer of an ISO', async (_, change, difference) => {
  expect(await compareFiles(makeIso(), makeIso(change), tools)).toEqual(difference)
})

test('a flipped bit is found where it is: in a file, or outside of all files', async () => {
  const iso = makeIso()
  const flipped = (at: number) => {
    const bytes = readFileSync(iso)
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
    writeFileSync(`${iso}.${at}`, bytes)
    return `${iso}.${at}`
  }
  const about = readFileSync(iso).indexOf('about\n')
  expect(await compareFiles(iso, flipped(about + 2), tools)).toEqual({
    path: ['/readme'],
    problem: 'differs from byte 2 on',
  })
  expect(await compareFiles(iso, flipped(100), tools)).toEqual({path: [], problem: 'differs from byte 100 on'})
  // Metadata of the layer that cannot be read any more.
  const superblock = readFileSync(iso).indexOf('hsqs')
  expect(await compareFiles(iso, flipped(superblock + 40), tools)).toMatchObject({path: [layer]})
})

test('a compressed archive is compared by what it holds', async () => {
  const scratch = scratchDirectory()
  const pack = (name: string, text: string, level: number) => {
    writeFileSync(join(scratch, 'motd'), text)
    utimesSync(join(scratch, 'motd'), 1000, 1000)
    const tar = execFileSync('tar', ['--create', '-C', scratch, 'motd'])
    writeFileSync(join(scratch, name), gzipSync(tar, {level}))
    return join(scratch, name)
  }
  const archive = pack('a.tgz', 'hello', 9)
  expect(await compareFiles(archive, pack('b.tgz', 'hullo', 9), tools)).toEqual({
    path: ['uncompressed', '/motd'],
    problem: 'differs from byte 1 on',
  })
  expect(await compareFiles(archive, pack('c.tgz', 'hello', 1), tools)).toMatchObject({path: []})
})

test('a file that unpacks to far more than the expected one is different, and is not unpacked', async () => {
  const scratch = scratchDirectory()
  const write = (name: string, bytes: Buffer) => {
    writeFileSync(join(scratch, name), gzipSync(bytes, {level: 1}))
    return join(scratch, name)
  }
  const [good, bomb] = [write('good.gz', Buffer.from('hello')), write('bomb.gz', Buffer.alloc(2 ** 27))]
  expect(await compareFiles(good, bomb, tools)).toMatchObject({
    path: [],
    problem: expect.stringContaining('bytes instead'),
  })
})
