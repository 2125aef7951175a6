import {expect, test} from 'vitest'
import type {LockedPackage} from '../source.ts'
import {emptyLockfile, type Lockfile} from './lockfile.ts'
import {diffLockfiles, renderLockfileDiff} from './package-diff.ts'

const item = (name: string, version: string, sizeBytes = 1 << 20): LockedPackage => ({
  name,
  version,
  arch: 'amd64',
  path: `pool/${name}_${version}.deb`,
  sizeBytes,
  sha256: Buffer.from(name + version)
    .toString('hex')
    .padEnd(64, '0')
    .slice(0, 64),
})

const lock = (sets: Readonly<Record<string, readonly LockedPackage[]>>): Lockfile => ({
  ...emptyLockfile,
  sets: Object.fromEntries(
    Object.entries(sets).map(([name, packages]) => [name, {request: '0'.repeat(64), packages: [...packages]}]),
  ),
})

const show = (before: Lockfile, after: Lockfile) => renderLockfileDiff(diffLockfiles(before, after))

test('a change of packages reads as a diff', () => {
  const before = lock({'haos/amd64/base': [item('bash', '5.2'), item('curl', '8.1'), item('dash', '1')]})
  const after = lock({'haos/amd64/base': [item('bash', '5.3'), item('dash', '1'), item('zlib1g', '1.3', 5 << 19)]})

  expect(show(before, after)).toEqual([
    'haos/amd64/base: 1 changed, 1 added, 1 removed, +1.5 MiB',
    '  ~ bash 5.2 → 5.3',
    '  - curl 8.1',
    '  + zlib1g 1.3',
  ])
})

test('sets without changes are not mentioned, and a new one is only counted', () => {
  const kernel = [item('linux', '6')]

  expect(show(lock({kernel}), lock({kernel}))).toEqual([])
  expect(show(emptyLockfile, lock({kernel, base: [item('a', '1'), item('b', '1')]}))).toEqual([
    'base: 2 packages pinned, +2.0 MiB',
    'kernel: 1 package pinned, +1.0 MiB',
  ])
})

test('another build of the same version is shown', () => {
  const again = {...item('bash', '5.2'), sha256: 'f'.repeat(64)}

  expect(show(lock({base: [item('bash', '5.2')]}), lock({base: [again]}))).toContain('  ~ bash 5.2 (another build)')
})
