import {cp, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {execa} from 'execa'
import {expect, onTestFinished, test} from 'vitest'

const colored = String.raw`\033[2m      Tests \033[22m \033[32m3 passed\033[39m (4)\n`

test.each([
  ['all is well', `${colored}3 passed, 0 failed, 1 skipped\\n`, 0, '3 passed, 0 failed, 1 skipped', 0],
  ['a test fails', '2 passed, 1 failed, 0 skipped\\n', 1, '2 passed, 1 failed, 0 skipped', 1],
  ['a test fails and npm does not say so', '2 passed, 1 failed, 0 skipped\\n', 0, '2 passed, 1 failed, 0 skipped', 1],
  ['it ends badly after the tests', '2 passed, 0 failed, 0 skipped\\n', 5, '2 passed, 1 failed, 0 skipped', 5],
  ['it does not come to the tests', 'npm error\\n', 7, '0 passed, 1 failed', 7],
  ['there are no tests', 'nothing\\n', 0, '0 passed, 1 failed', 1],
])('when %s, CI ends with the counts and the status that say so', async (_what, prints, status, last, ends) => {
  const directory = await mkdtemp(join(tmpdir(), 'ci test-'))
  onTestFinished(() => rm(directory, {recursive: true}))
  await mkdir(join(directory, '.ci'))
  await cp(join('.ci', 'run'), join(directory, '.ci', 'run'))
  await mkdir(join(directory, 'bin'))
  await writeFile(join(directory, 'bin/with-node'), '#!/bin/sh\necho "measured by $1"\nexit 9\n', {mode: 0o755})
  await writeFile(join(directory, 'npm'), `#!/bin/sh\nprintf '${prints}'\nexit ${status}\n`, {mode: 0o755})

  const {stdout, exitCode} = await execa(join(directory, '.ci', 'run'), {
    env: {PATH: `${directory}:${process.env['PATH']}`},
    reject: false,
  })
  expect([stdout.split('\n').at(-1), exitCode]).toEqual([last, ends])
  // Benches that fail change nothing, and those that nobody could believe are not run.
  expect(stdout.includes('measured by bench/build.ts')).toBe(status === 0)
})
