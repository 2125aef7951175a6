import {cpSync, mkdirSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../scratch.ts'
import {runFile} from './run-file.ts'

const repository = join(import.meta.dirname, '../..')

/** Runs a file with these tests as the only one of a repository. Returns the result and the output. */
async function run(tests: string, {cutAt}: {readonly cutAt?: RegExp} = {}) {
  const root = scratchDirectory()
  mkdirSync(join(root, 'test'))
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'))
  for (const name of ['package.json', 'vitest.config.ts', 'test/count-reporter.ts'])
    cpSync(join(repository, name), join(root, name))
  writeFileSync(join(root, 'a.matrix.test.ts'), `import {expect, test} from 'vitest'\n${tests}`)
  const cut = new AbortController()
  const lines: string[] = []
  const show = (line: string) => {
    lines.push(line)
    if (cutAt?.test(line)) cut.abort()
  }
  return {...(await runFile('a.matrix.test.ts', {root, signal: cut.signal, show})), lines}
}

const passes = "test('passes', () => {})\n"
const fails = "test('fails', () => expect(1).toBe(2))\n"
const hangs = "test('hangs', () => new Promise(() => {}))\n"

test('a file returns the counts of its tests, and its output is shown', async () => {
  const {counts, isCut, lines} = await run(`${passes}${fails}test.skip('is skipped', () => {})\n`)

  expect({counts, isCut}).toEqual({counts: {passed: 1, failed: 1, skipped: 1}, isCut: false})
  expect(lines).toContainEqual(expect.stringMatching(/a\.matrix\.test\.ts > fails: failed, 0 s$/))
})

test('a file that cannot be loaded has failed', async () => {
  expect((await run("throw new Error('no tool')\n")).counts).toEqual({passed: 0, failed: 1, skipped: 0})
})

test('an aborted file counts with its failures up to then', async () => {
  const cutAt = /> fails: failed/
  expect(await run(`${passes}${fails}${hangs}`, {cutAt})).toMatchObject({
    counts: {passed: 0, failed: 1, skipped: 0},
    isCut: true,
  })
  const starts = /a\.matrix\.test\.ts starts$/
  expect(await run(`${passes}${hangs}`, {cutAt: starts})).toMatchObject({counts: {failed: 0}, isCut: true})
})
