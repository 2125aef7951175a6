import {expect, test} from 'vitest'
import type {HaosError} from '#dsl'
import type {TreeEntry} from '#formats'
import {mergeUsr} from './merge-usr.ts'

const node = (path: string, more: Partial<TreeEntry> = {}): TreeEntry => ({
  path,
  type: 'file',
  mode: 0o755,
  uid: 0,
  gid: 0,
  ...(more.type === undefined && {content: {bytes: Buffer.from(path)}}),
  ...more,
})
const directory = (path: string) => node(path, {type: 'directory'})
const link = (path: string, target: string) => node(path, {type: 'symlink', target})

const merge = async (...entries: TreeEntry[]) =>
  Object.fromEntries((await mergeUsr(entries)).map(({path, target, type}) => [path, target ?? type]))

test('programs and libraries move to /usr, and symlinks replace the directories', async () => {
  const paths = [directory('/bin'), node('/bin/busybox'), directory('/lib'), directory('/usr'), directory('/usr/lib')]

  expect(await merge(...paths, node('/lib/libc.so'), node('/usr/lib/libz.so'))).toEqual({
    '/bin': 'usr/bin',
    '/lib': 'usr/lib',
    '/usr': 'directory',
    '/usr/bin': 'directory',
    '/usr/bin/busybox': 'file',
    '/usr/lib': 'directory',
    '/usr/lib/libc.so': 'file',
    '/usr/lib/libz.so': 'file',
  })
})

test.each([
  ['/bin/sh', '/bin/busybox', '/usr/bin/busybox'],
  ['/usr/bin/env', '../../bin/busybox', 'busybox'],
  ['/lib/libz.so.1', 'libz.so.1.2', 'libz.so.1.2'],
  ['/usr/lib/libx.so', '../../lib/libx.so.1', 'libx.so.1'],
  ['/etc/mtab', '../proc/mounts', '../proc/mounts'],
  ['/sbin/mkfs.ext4', 'mke2fs', 'mke2fs'],
])('the link %s → %s leads to the same file afterwards', async (path, target, wanted) => {
  const [entry] = await mergeUsr([link(path, target)])

  expect(entry?.target).toBe(wanted)
})

test('a symlink at the new location of its own target is removed', async () => {
  expect(await merge(node('/bin/grep'), link('/usr/bin/grep', '/bin/grep'))).toMatchObject({'/usr/bin/grep': 'file'})
  expect(await merge(link('/usr/bin/grep', '/bin/grep'), node('/bin/grep'))).toMatchObject({'/usr/bin/grep': 'file'})
})

test('two different files at one path are refused', async () => {
  const error: HaosError = await merge(node('/bin/x'), node('/usr/bin/x')).catch((reason) => reason)

  expect(error).toMatchObject({code: 'PATH_CONFLICT', details: {at: '/usr/bin/x'}})
})
