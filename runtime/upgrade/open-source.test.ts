import {copyFileSync, readdirSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {commandsRunBy} from '../../test/program-host.ts'
import {makeImage} from '../../test/registry/small-image.ts'
import {serveFromProcess} from '../../test/served-from-process.ts'
import {makeNode, makeRelease, put} from '../../test/upgraded-node.ts'
import {writeTrial} from './boot-trial.ts'
import {openSource} from './open-source.ts'

/** A node, and how it opens a source. */
function nodeWithSource() {
  const node = makeNode()
  const open = (source: string) =>
    openSource(node.host, source, {
      ...{identity: node.identity, arch: 'amd64', place: node.place, sha256: undefined},
      log: (line) => node.lines.push(line),
    })
  return {...node, open}
}

test('the system of a node that has been upgraded is a source', () => {
  const {scratch, host, place, install, open} = nodeWithSource()
  install(makeRelease(scratch, 'medium', {version: '2.0'}))
  writeTrial(host, place, undefined)
  expect(open('/haos/system').candidate.release.version).toBe('2.0')
  expect(open('/').candidate.release.version).toBe('2.0')
})

test('a symlink to a file is what it leads to', async () => {
  const {scratch, open} = nodeWithSource()
  copyFileSync(await makeImage({version: '2.0'}), join(scratch, 'haos-2.0.tar'))
  symlinkSync('haos-2.0.tar', join(scratch, 'latest.tar'))
  expect(open('/latest.tar').candidate.release.version).toBe('2.0')
})

test('what was fetched and is no release does not stay, to be taken again for one', async () => {
  const {scratch, host, open} = nodeWithSource()
  const {plain} = await serveFromProcess()
  host.answers = {mount: 'failed'}
  expect(() => open(`${plain}/hello`)).toThrow('mount')
  expect(readdirSync(join(scratch, 'haos/system/releases'))).toEqual([])
})

test('a URL with brackets is one URL', async () => {
  const {host, open} = nodeWithSource()
  const {plain} = await serveFromProcess()
  host.answers = {mount: 'failed'}
  expect(() => open(`${plain}/hello?name[x`)).toThrow('mount')
})

test('what an interrupted upgrade has left mounted is released first', () => {
  const {scratch, host, open} = nodeWithSource()
  writeFileSync(join(scratch, 'haos.iso'), '')
  host.answers = {'head -c': '', mount: 'failed', umount: ''}
  const ran = commandsRunBy(host)
  expect(() => open('/haos.iso')).toThrow('mount')
  const [first, second] = ran.filter((line) => /mount /.test(line))
  expect([first, second]).toEqual([
    'umount /run/upgrade-source',
    expect.stringContaining('mount -o ro,nosuid,nodev,noexec,loop /haos.iso'),
  ])
})

const freeKiB = (free: number) => ({
  'df -Pk': `Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda3 1 1 ${free} 1% /\n`,
})

test('a download that would fill the disk of the node is not begun', async () => {
  const {scratch, host, open} = nodeWithSource()
  const {plain} = await serveFromProcess()
  host.answers = freeKiB(32 * 1024)
  expect(() => open(`${plain}/hello`)).toThrow('was not fetched: the disk of this node is full')
  host.answers = freeKiB(33 * 1024)
  expect(() => open(`${plain}/huge`)).toThrow('(there is room for 1.05 MB)')
  expect(readdirSync(join(scratch, 'haos/system/releases'))).toEqual([])
})

test('what an interrupted upgrade has fetched of another source does not stay', () => {
  const {scratch, open} = nodeWithSource()
  put(scratch, {
    'haos/system/releases/.download-0123456789abcdef': 'half',
    'haos/system/releases/.download-layer/blobs/sha256/x': 'half',
  })
  open('/haos/system')
  expect(readdirSync(join(scratch, 'haos/system/releases'))).toEqual([])
})
