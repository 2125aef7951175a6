import {execFileSync} from 'node:child_process'
import {mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {Toolbox} from '#engine'
import {encodeInitrdTail, encodeNodesFile} from '#formats'
import {scratchDirectory} from '../../test/scratch.ts'
import {makeSmallInitrd} from '../../test/small-initrd.ts'
import {cpio} from '../../test/test-tools.ts'
import type {MediumChanges} from '../medium.ts'
import {describeMedium, remaster} from '../remaster.ts'

const tools = {toolbox: new Toolbox(), signal: new AbortController().signal}
const change = (input: string, changes: MediumChanges, output?: string) => remaster({input, output, changes, ...tools})
const config = (hostname: string) => Buffer.from(`hostname: ${hostname}\n`)

/** Unpacks as the kernel does: one archive after another, where a later one overwrites files of an earlier one. */
function unpack(initrd: string): string {
  const directory = join(scratchDirectory(), 'root')
  mkdirSync(directory)
  const archives = readFileSync(initrd, 'latin1').split(/(?<=TRAILER!!!\0+)(?=0707)/)
  expect(archives.length).toBeGreaterThan(1)
  for (const archive of archives)
    execFileSync('cpio', ['-idu', '--quiet'], {cwd: directory, input: Buffer.from(archive, 'latin1')})
  return directory
}

test('a config and files are added, and a reset restores the original bytes', async ({skip}) => {
  if (!(await tools.toolbox.find(cpio)) && !process.env['CI']) skip('cpio is not installed')
  const initrd = await makeSmallInitrd()
  const built = readFileSync(initrd)
  const extra = join(scratchDirectory(), 'extra')
  mkdirSync(extra)
  writeFileSync(join(extra, 'file'), 'more', {mode: 0o755})
  await change(initrd, {config: config('first')})
  expect(await change(initrd, {files: [{from: extra, to: '/haos/system/extra'}]})).toMatchObject({
    kind: 'initrd',
    product: 'haos',
    config: 'hostname: first\n',
    changed: true,
  })

  const root = unpack(initrd)
  const listed = execFileSync('find', ['.', '-type', 'f', '-printf', '%m %p\\n'], {cwd: root, encoding: 'utf8'})
  expect(listed.trim().split('\n').sort()).toEqual([
    '400 ./boot/remaster.tail',
    '400 ./haos/system/config.yaml',
    '644 ./haos/system/haos/1/packages.squashfs',
    '755 ./haos/system/extra/file',
  ])
  expect(readFileSync(join(root, 'haos/system/config.yaml'), 'utf8')).toBe('hostname: first\n')

  expect(await change(initrd, {reset: true})).toMatchObject({config: 'hostname: built\n', changed: false})
  expect(readFileSync(initrd).equals(built)).toBe(true)
})

test('nothing of a replaced config is left in the file', async () => {
  const initrd = await makeSmallInitrd()
  await change(initrd, {config: config('secret')})
  const size = readFileSync(initrd).length
  await change(initrd, {config: config('public')})

  expect(readFileSync(initrd, 'latin1')).not.toContain('secret')
  expect(readFileSync(initrd).length).toBe(size)
})

test('the configs of many nodes lie where a machine looks for them, readable by root only, and a reset removes them', async ({
  skip,
}) => {
  if (!(await tools.toolbox.find(cpio)) && !process.env['CI']) skip('cpio is not installed')
  const initrd = await makeSmallInitrd()
  const built = readFileSync(initrd)
  const nodesOf = (hostname: string) => encodeNodesFile([{name: 'a', match: {serial: ['a']}, config: {hostname}}])
  await change(initrd, {nodes: nodesOf('former')})
  const {nodes, config: kept} = await change(initrd, {nodes: nodesOf('edge')})

  expect(Buffer.from(nodes ?? []).equals(nodesOf('edge'))).toBe(true)
  expect(kept).toBe('hostname: built\n')
  const file = join(unpack(initrd), 'haos/system/nodes')
  expect(readFileSync(file).equals(nodesOf('edge'))).toBe(true)
  expect((statSync(file).mode & 0o777).toString(8)).toBe('400')
  expect(readFileSync(initrd, 'latin1')).not.toContain('former')
  await change(initrd, {reset: true})
  expect(readFileSync(initrd).equals(built)).toBe(true)
})

test('a new initrd is written, and the old one stays unchanged', async () => {
  const initrd = await makeSmallInitrd()
  const built = readFileSync(initrd)
  const output = join(scratchDirectory(), 'new')

  expect(await change(initrd, {config: config('other')}, output)).toMatchObject({config: 'hostname: other\n'})
  expect(readFileSync(initrd).equals(built)).toBe(true)
  expect(await describeMedium(initrd, tools)).toMatchObject({config: 'hostname: built\n', changed: false})
})

test('a change that an initrd does not support is refused, and it stays unchanged', async () => {
  const initrd = await makeSmallInitrd()
  const built = readFileSync(initrd)
  const directory = scratchDirectory()
  const slim = join(directory, 'slim')
  writeFileSync(slim, Buffer.concat([Buffer.from('28b52ffd', 'hex'), Buffer.alloc(600)]))

  await expect(change(initrd, {arguments: {append: ['quiet']}})).rejects.toMatchObject({code: 'USAGE_INVALID'})
  await expect(change(initrd, {files: [{from: '/nothing', to: '/x'}]})).rejects.toMatchObject({code: 'USAGE_INVALID'})
  await expect(change(initrd, {files: [{from: slim, to: '/../x'}]})).rejects.toMatchObject({code: 'USAGE_INVALID'})
  await expect(change(slim, {config: config('a')})).rejects.toMatchObject({code: 'ARTIFACT_INVALID'})
  expect(readFileSync(initrd).equals(built)).toBe(true)
  expect(readdirSync(directory)).toEqual(['slim'])
})

test.each([
  ['through a symlink', '/haos/system/haos/current/more'],
  ['over a directory', '/haos/system/haos'],
  ['over the config', '/haos/system/config.yaml'],
])('a file to be written %s is refused', async (_, to) => {
  const initrd = await makeSmallInitrd()

  await expect(change(initrd, {files: [{from: '/etc/hostname', to}]})).rejects.toMatchObject({
    code: 'USAGE_INVALID',
  })
})

test('an initrd whose tail refers to itself is refused', async () => {
  const initrd = await makeSmallInitrd()
  const {size} = statSync(initrd)
  const end = encodeInitrdTail({config: '/haos/system/config.yaml', archiveAt: 0, builtBytes: size})
  const written = Buffer.concat(await Array.fromAsync(end))
  writeFileSync(initrd, Buffer.concat([readFileSync(initrd).subarray(0, size - written.length), written]))

  await expect(describeMedium(initrd, tools)).rejects.toMatchObject({code: 'ARTIFACT_INVALID'})
})
