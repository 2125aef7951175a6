import {cp, symlink} from 'node:fs/promises'
import {join} from 'node:path'
import {execa} from 'execa'
import {expect, test} from 'vitest'
import {reachOf} from './import-graph.ts'
import {scratchDirectory} from './scratch.ts'
import {readSourceFiles} from './source-files.ts'

const root = join(import.meta.dirname, '..')
const files = new Map(readSourceFiles().map((file) => [file.path, file]))

/** Unit tests that read, directly or through imports, files that only some machines have next to the repository. */
const readers = [...files.keys()].filter(
  (path) =>
    /(?<!\.boot|\.matrix)\.test\.ts$/.test(path) &&
    path !== 'test/stranger.test.ts' &&
    [...reachOf(path, files)].some((reached) => /\.\.\/shared\b/.test(files.get(reached)?.text ?? '')),
)

test('in a clone with nothing next to it no test fails, and each skipped test names what is missing', async () => {
  const clone = join(scratchDirectory(), 'clone')
  const notOurs = ['node_modules', 'out', '.git'].map((name) => join(root, name))
  await cp(root, clone, {recursive: true, filter: (path) => !notOurs.includes(path)})
  await symlink(join(root, 'node_modules'), join(clone, 'node_modules'))
  const vitest = join('node_modules', 'vitest', 'vitest.mjs')
  const {stdout} = await execa(process.execPath, [vitest, 'run', '--project', 'unit', ...readers], {
    cwd: clone,
    env: {NO_COLOR: '1'},
    reject: false,
  })
  const lines = stdout.split('\n')
  const skipped = lines.filter((line) => line.startsWith('skipped: '))
  const [, passed, failed, count] = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(lines.at(-1) ?? '') ?? []

  expect(lines.filter((line) => /(?:: failed, |FAIL|Error: )/.test(line))).toEqual([])
  expect(failed).toBe('0')
  expect(Number(passed)).toBeGreaterThan(150)
  expect(skipped).toHaveLength(Number(count))
  // The reason is in brackets, or is the path itself.
  expect(skipped.filter((line) => !/\(.+\)|\.\.\/shared\b/.test(line))).toEqual([])
  expect(skipped.filter((line) => line.includes('../shared')).length).toBeGreaterThan(5)
})

test('the tests that read files next to the repository are found', () => {
  expect(readers).toEqual(expect.arrayContaining(['recipes/haos.test.ts', 'sources/alpine/source.test.ts']))
})
