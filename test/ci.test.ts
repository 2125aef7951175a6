import {cp, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {execa} from 'execa'
import {expect, onTestFinished, test} from 'vitest'

const colored = String.raw`\033[2m      Tests \033[22m \033[32m3 passed\033[39m (4)\n`

/** A program's output and exit status. */
type Ending = readonly [prints: string, status: number]

const well: Ending = ['matrix: a starts\\n\\n5 passed, 0 failed, 2 skipped\\n', 0]

/** Runs CI in a directory where other programs replace npm and the project's own. */
async function runCi(npm: Ending, matrix: Ending = well) {
  const directory = await mkdtemp(join(tmpdir(), 'ci test-'))
  onTestFinished(() => rm(directory, {recursive: true}))
  await mkdir(join(directory, '.ci'))
  await cp(join('.ci', 'run'), join(directory, '.ci', 'run'))
  await mkdir(join(directory, 'bin'))
  const program = ([prints, status]: Ending) => `printf '${prints}'\nexit ${status}\n`
  const own = `#!/bin/sh\ncase $1 in test/*)\n${program(matrix)};; esac\necho "measured by $1"\nexit 9\n`
  await writeFile(join(directory, 'bin/with-node'), own, {mode: 0o755})
  await writeFile(join(directory, 'npm'), `#!/bin/sh\n${program(npm)}`, {mode: 0o755})
  const {stdout, exitCode} = await execa(join(directory, '.ci', 'run'), {
    env: {PATH: `${directory}:${process.env['PATH']}`},
    reject: false,
  })
  return {stdout, ending: [stdout.split('\n').at(-1), exitCode]}
}

test.each([
  ['all is well', `${colored}3 passed, 0 failed, 1 skipped\\n`, 0, '8 passed, 0 failed, 3 skipped', 0],
  ['a test fails', '2 passed, 1 failed, 0 skipped\\n', 1, '2 passed, 1 failed, 0 skipped', 1],
  ['a test fails and npm does not say so', '2 passed, 1 failed, 0 skipped\\n', 0, '2 passed, 1 failed, 0 skipped', 1],
  ['it ends badly after the tests', '2 passed, 0 failed, 0 skipped\\n', 5, '2 passed, 1 failed, 0 skipped', 5],
  ['it does not come to the tests', 'npm error\\n', 7, '0 passed, 1 failed, 0 skipped', 7],
  ['there are no tests', 'nothing\\n', 0, '0 passed, 1 failed, 0 skipped', 1],
])('when %s, CI ends with the matching counts and status', async (_what, prints, status, last, ends) => {
  const {stdout, ending} = await runCi([prints, status])
  expect(ending).toEqual([last, ends])
  // The matrix adds nothing to a failure. Benches do not run after a failure, because their results would not be reliable; failed benches do not fail CI.
  expect(stdout.includes('matrix: a starts')).toBe(ends === 0)
  expect(stdout.includes('measured by bench/build.ts')).toBe(ends === 0)
})

test.each([
  ['a file of it fails', ['1 passed, 2 failed, 0 skipped\\n', 1], '4 passed, 2 failed, 1 skipped', 1],
  ['it ends badly after its tests', ['1 passed, 0 failed, 0 skipped\\n', 3], '4 passed, 1 failed, 1 skipped', 3],
  ['it does not come to its tests', ['no tools\\n', 4], '3 passed, 1 failed, 1 skipped', 4],
  [
    'nothing of it fits',
    ['matrix: did not fit: a\\n0 passed, 0 failed, 0 skipped\\n', 0],
    '3 passed, 0 failed, 1 skipped',
    0,
  ],
] as const)('when the tests pass and, of the matrix, %s, both are counted', async (_what, matrix, last, ends) => {
  const {stdout, ending} = await runCi(['3 passed, 0 failed, 1 skipped\\n', 0], matrix)

  expect(ending).toEqual([last, ends])
  expect(stdout.includes('measured by bench/build.ts')).toBe(ends === 0)
})
