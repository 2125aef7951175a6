import {expect, test} from 'vitest'
import {reachOf} from '../import-graph.ts'
import {readSourceFiles} from '../source-files.ts'
import {orderFiles} from './order-files.ts'
import {subjects} from './subjects.ts'

const files = new Map(readSourceFiles().map((file) => [file.path, file]))
const matrix = [...files.keys()].filter((path) => path.endsWith('.matrix.test.ts'))

/** The order for a change of this repository. */
const order = (changed: readonly string[], turn = 0) =>
  orderFiles(matrix, {
    changed,
    subjectsOf: (path) => subjects[path] ?? [],
    reachOf: (path) => reachOf(path, files),
    turn,
  })
const paths = (changed: readonly string[], turn?: number) => order(changed, turn).map(({path}) => path)

test('every file of the matrix has subjects, and they exist', () => {
  expect(Object.keys(subjects).sort()).toEqual(matrix.toSorted())
  const nowhere = Object.values(subjects)
    .flat()
    .filter((start) => ![...files.keys()].some((path) => path.startsWith(start)))
  expect([...new Set(nowhere)]).toEqual([])
})

test.each([
  ['targets/pxe/serve-files.ts', 'test/boot/pxe.matrix.test.ts'],
  ['bin/with-node', 'test/launcher.matrix.test.ts'],
  ['targets/cloud/clouds.ts', 'test/boot/takeover.matrix.test.ts'],
  ['test/boot/arm.matrix.test.ts', 'test/boot/arm.matrix.test.ts'],
])('after a change of %s, %s runs first, at each turn', (changed, first) => {
  for (const turn of [0, 7, 4_000_000_000]) expect(order([changed], turn)[0]).toEqual({path: first, touchedBy: changed})
})

test('files that import a changed file come before those that do not', () => {
  const users = order(['test/image/debian-disk.ts']).filter(({touchedBy}) => touchedBy !== undefined)

  expect(users.map(({path}) => path).sort()).toEqual([
    'test/boot/install-script.matrix.test.ts',
    'test/boot/takeover.matrix.test.ts',
  ])
  expect(order(['test/image/debian-disk.ts']).slice(0, 2)).toEqual(users)
})

test('files that cover a change come before those that only import it', () => {
  const first = order(['image/steps/output/disk-image.ts'])[0]
  expect(first?.path).toBe('test/boot/disk.matrix.test.ts')
})

test('without a change, each file is first at one of as many turns as there are files, and none is left out', () => {
  const firsts = matrix.map((_, turn) => paths([], turn)[0])

  expect(firsts.toSorted()).toEqual(matrix.toSorted())
  expect(paths([], 3).toSorted()).toEqual(matrix.toSorted())
})
