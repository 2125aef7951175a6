import {expect, test} from 'vitest'
import type {BuildEvent} from '#engine'
import {chainTo} from '#image'
import {indexText} from '../../../test/alpine/testing.ts'
import {PackageIndex} from '../index/package-index.ts'
import {RepositoryTags} from './repository-tags.ts'
import {solvePackages} from './solve-packages.ts'
import {solvePinned} from './solve-pinned.ts'

const index = () =>
  new PackageIndex([
    {
      origin: 'main',
      text: indexText([
        'a 1-r0|o:a',
        'a 2-r0|o:a',
        'a-libs 1-r0|o:a|D:a=1-r0',
        'a-libs 2-r0|o:a|D:a=2-r0',
        'b 2-r0|o:b',
        'c 1-r0|o:c',
        'c 2-r0|o:c|D:d>=2',
        'd 1-r0|o:d',
        'd 2-r0|o:d',
      ]),
    },
  ])

/** Solves with `pinned` packages staying, but for those of `update`. */
function solve(requests: string, pinned: string, update: string) {
  const events: BuildEvent[] = []
  const packages = pinned.split(' ').map((label) => {
    const [, name = '', version = ''] = /^(.+)-(\d+-r\d+)$/.exec(label) ?? []
    return {name, version, arch: 'x86_64', path: '', sizeBytes: 0, sha256: ''}
  })
  const solution = solvePinned(index(), new RepositoryTags([undefined]), requests.split(' '), {
    pinned: {packages, update: update.split(' ').filter((name) => name !== '')},
    emit: (event) => events.push(event),
  })
  const labels = solution.map(({name, version}) => `${name}-${version}`).sort()
  return {labels: labels.join(' '), notes: events.flatMap((event) => (event.type === 'note' ? [event.message] : []))}
}

test('a named package is updated, and the others keep their versions', () => {
  expect(solve('a d', 'a-1-r0 d-1-r0', 'd')).toEqual({labels: 'a-1-r0 d-2-r0', notes: []})
  expect(solve('a d', 'a-1-r0 d-1-r0', '')).toEqual({labels: 'a-1-r0 d-1-r0', notes: []})
})

test('packages from the same source are updated with a named package', () => {
  expect(solve('a-libs d', 'a-1-r0 a-libs-1-r0 d-1-r0', 'a-libs').labels).toBe('a-2-r0 a-libs-2-r0 d-1-r0')
})

test('a pinned version that the repositories no longer have is replaced, with a note', () => {
  expect(solve('b d', 'b-1-r0 d-1-r0', '')).toEqual({
    labels: 'b-2-r0 d-1-r0',
    notes: ['no longer in the repositories, and updated too: b'],
  })
})

test('if the others cannot keep their versions, all are chosen again, with a note', () => {
  const {labels, notes} = solve('a c=2-r0', 'a-1-r0 c-1-r0 d-1-r0', 'c')

  expect(labels).toBe('a-2-r0 c-2-r0 d-2-r0')
  expect(notes).toEqual([expect.stringContaining('the other packages cannot keep their versions')])
})

test('a package is explained by the shortest chain from the request', () => {
  const solution = solvePackages(index(), new RepositoryTags([undefined]), ['a-libs', 'c'])
  const packages = solution.map((item) => ({...item, label: `${item.name}-${item.version}`}))

  expect(chainTo('d', packages)).toEqual(['c', 'c-2-r0', 'd-2-r0'])
  expect(chainTo('c', packages)).toEqual(['c', 'c-2-r0'])
  expect(chainTo('b', packages)).toBeUndefined()
})
