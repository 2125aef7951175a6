import {expect, test} from 'vitest'
import type {LockedPackage} from '../source.ts'
import {findDowngrades, renderDowngrade} from './downgrades.ts'

const pinned = (...labels: string[]): LockedPackage[] =>
  labels.map((label) => {
    const [name = '', version = ''] = label.split(' ')
    return {name, version, arch: 'amd64', path: `${name}.deb`, sizeBytes: 1, sha256: label}
  })

const compare = (a: string, b: string): number => a.localeCompare(b, 'en', {numeric: true})

const found = (before: string[], after: string[]) =>
  findDowngrades(pinned(...before), pinned(...after), compare).map(renderDowngrade)

test('a downgraded package is found; an upgraded, added or removed one is none', () => {
  expect(found(['a 1.2', 'b 9', 'c 1'], ['a 1.1', 'b 10', 'd 1'])).toEqual(['a is downgraded from 1.2 to 1.1'])
})

test('a downgraded package with its version in its name is found, too', () => {
  expect(
    found(
      ['linux-image-6.12.48+deb13-amd64 6.12.48-1', 'libicu72 72.1-3', 'gcc-14-base 14.2'],
      ['linux-image-6.12.41+deb13-amd64 6.12.41-1', 'libicu76 76.1-4', 'gcc-14-base 14.2'],
    ),
  ).toEqual(['linux-image-6.12.48+deb13-amd64 6.12.48-1 is downgraded to linux-image-6.12.41+deb13-amd64 6.12.41-1'])
})
