import {execFileSync} from 'node:child_process'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {Toolbox} from '../../engine/toolbox/toolbox.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {cpio} from '../../test/test-tools.ts'
import type {TreeEntry} from '../tar/tree-archive.ts'
import {encodeCpio, readCpio} from './cpio.ts'

const entries: TreeEntry[] = [
  {path: '/init', type: 'file', mode: 0o755, uid: 0, gid: 0, content: {bytes: Buffer.from('#!/bin/sh\n')}},
  {path: '/bin/sh', type: 'symlink', mode: 0o777, uid: 0, gid: 0, target: 'busybox'},
  {path: '/dev/console', type: 'character-device', mode: 0o600, uid: 0, gid: 0, major: 5, minor: 1},
]

const encode = async (...given: Parameters<typeof encodeCpio>) =>
  Buffer.concat(await Array.fromAsync(encodeCpio(...given)))

test('cpio(1) lists what we encode, device and link included', async ({skip}) => {
  if (!(await new Toolbox().find(cpio)) && !process.env['CI']) skip('cpio is not installed')
  const archive = await encode(entries, {epoch: 1_000_000_000})
  const listing = execFileSync('cpio', ['--list', '--verbose', '--numeric-uid-gid', '--quiet'], {
    input: archive,
    encoding: 'utf8',
    env: {...process.env, TZ: 'UTC'},
  })
  const lines = listing.trimEnd().split('\n')

  expect(lines.map((line) => line.slice(0, 10))).toEqual([
    'drwxr-xr-x',
    'drwxr-xr-x',
    'lrwxrwxrwx',
    'drwxr-xr-x',
    'crw-------',
    '-rwxr-xr-x',
  ])
  expect(listing).toContain('bin/sh -> busybox')
  expect(listing).toMatch(/5,\s+1 .*dev\/console/)
})

test('equal trees give equal bytes, whatever the order of their entries', async () => {
  const epoch = 0

  expect(await encode(entries.toReversed(), {epoch})).toEqual(await encode(entries, {epoch}))
})

test('a hardlink is refused rather than written as something else', async () => {
  const link: TreeEntry = {path: '/a', type: 'hardlink', mode: 0o644, uid: 0, gid: 0, target: '/init'}
  const device: TreeEntry = {path: '/init', type: 'fifo', mode: 0o644, uid: 0, gid: 0}

  await expect(encode([link, device], {epoch: 0})).rejects.toThrow('cannot hold the hardlink /a')
})

test('a link whose target is longer than any path is refused before it is read', async () => {
  const target = 'x'.repeat(5000)
  const link: TreeEntry = {path: '/link', type: 'symlink', mode: 0o777, uid: 0, gid: 0, target}
  const path = join(scratchDirectory(), 'archive')
  writeFileSync(path, await encode([link], {epoch: 0}))

  await expect(Array.fromAsync(readCpio(path, 0))).rejects.toMatchObject({code: 'ARTIFACT_INVALID'})
})
