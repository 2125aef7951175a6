import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import type {HaosError} from '#dsl'
import {manifestOf} from '../../../test/alpine/manifest.ts'
import {installWorld, readRecording, recordings} from '../../../test/alpine/recorded-world.ts'
import {type TestPackage, writeApk} from '../../../test/alpine/testing-packages.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {unpackApk} from '../unpack/unpack-apk.ts'
import {installPackages} from './install-packages.ts'

async function install(...packages: TestPackage[]) {
  const directory = scratchDirectory()
  const unpacked = []
  for (const [number, pkg] of packages.entries()) {
    const path = join(directory, `${number}.apk`)
    const {name, version} = writeApk(path, pkg)
    unpacked.push(await unpackApk(path, {origin: `${name}-${version}`, dataPath: join(directory, String(number))}))
  }
  return installPackages(unpacked, {world: ['a'], arch: 'x86_64'})
}

describe.skipIf(!existsSync(recordings))('the tree equals that of apk (../shared/oracle)', () => {
  test.each(['base-services', 'base-aarch64'])('of %s without scripts, to the last byte', async (name) => {
    const {meta, manifest} = readRecording(name, 'noscripts')

    const root = await installWorld(meta, scratchDirectory())

    expect(await manifestOf(root.entries())).toEqual(manifest)
  })
})

describe('two packages with the same path', () => {
  const first: TestPackage = {name: 'a', entries: {'etc/x': 'one'}}

  test('are refused with both named', async () => {
    const error: HaosError = await install(first, {name: 'b', entries: {'etc/x': 'two'}}).catch((reason) => reason)

    expect(error).toMatchObject({code: 'PATH_CONFLICT', message: 'b-1-r0 and a-1-r0 both bring /etc/x'})
  })

  test('are accepted if the later replaces the earlier', async () => {
    const root = await install(first, {name: 'b', entries: {'etc/x': 'two'}, info: ['replaces = a<2']})

    expect(root.get('/etc/x')).toMatchObject({owner: 1, entry: {content: {sizeBytes: 3}}})
  })

  test('give the path to the one with the higher priority', async () => {
    const root = await install(
      {...first, info: ['replaces = b', 'replaces_priority = 5']},
      {name: 'b', entries: {'etc/x': 'two'}, info: ['replaces = a']},
    )

    expect(root.get('/etc/x')?.owner).toBe(0)
  })
})

test('a package that writes through its own link is refused', async () => {
  const entries = {'etc/': {type: 'directory'}, out: {type: 'symlink', linkName: 'etc'}, 'out/passwd': 'x'} as const

  await expect(install({entries})).rejects.toMatchObject({code: 'PACKAGE_INVALID'})
})

test('a path through a symlink of another package leads to its target, inside the root', async () => {
  const root = await install(
    {
      name: 'a',
      entries: {'run/': {type: 'directory', mode: 0o755}, 'var/run': {type: 'symlink', linkName: '../../../run'}},
    },
    {name: 'b', entries: {'var/run/x': 'x'}},
  )

  expect(root.get('/run/x')?.entry.path).toBe('/run/x')
})

test('a replaced file with hard links passes its content to them', async () => {
  const root = await install(
    {name: 'a', entries: {x: 'one', y: {type: 'hardlink', linkName: 'x'}, z: {type: 'hardlink', linkName: 'x'}}},
    {name: 'b', entries: {x: 'three'}, info: ['replaces = a']},
  )

  expect(root.get('/y')?.entry).toMatchObject({type: 'file', content: {sizeBytes: 3}})
  expect(root.get('/z')?.entry).toMatchObject({type: 'hardlink', target: '/y'})
})

test('for a directory in several packages the strictest mode counts', async () => {
  const root = await install(
    {name: 'a', entries: {'d/': {type: 'directory', mode: 0o755}}},
    {name: 'b', entries: {'d/': {type: 'directory', mode: 0o750}}},
  )

  expect(root.get('/d')?.entry.mode).toBe(0o750)
})
