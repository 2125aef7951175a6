import {execFileSync} from 'node:child_process'
import {readdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {execa} from 'execa'
import {beforeEach, expect, test} from 'vitest'
import {Toolbox} from '#engine'
import {xorrisoRewrite} from '#tools'
import {scratchDirectory} from '../../test/scratch.ts'
import {makeSmallIso} from '../../test/small-iso.ts'

const missing = (await new Toolbox().find(xorrisoRewrite)) ? undefined : 'xorriso is not installed'
if (missing !== undefined && process.env['CI']) throw new Error(missing)
beforeEach(({skip}) => skip(missing !== undefined, missing))

/** Runs the command line in a directory, with something on its standard input. */
const remaster = (cwd: string, ...words: string[]) =>
  execa(process.execPath, [join(import.meta.dirname, '../start.ts'), 'remaster', ...words], {
    cwd,
    input: 'node2\nnode3\n',
    reject: false,
    all: true,
  })

test('standard input is not read as a name', async () => {
  const directory = scratchDirectory()
  makeSmallIso(directory)
  const {stdout} = await remaster(directory, 'small.iso', '--timeout', '9')

  expect(stdout).toBe('✓ small.iso')
  expect(readdirSync(directory).sort()).toEqual(['iso', 'small.iso'])
  expect((await remaster(directory, 'small.iso', '--show')).stdout).toContain('after 9 s')
})

test('no secret is shown, in the config or among the arguments', async () => {
  const directory = scratchDirectory()
  makeSmallIso(directory)
  writeFileSync(join(directory, 'node.yaml'), 'hostname: node1\nhaos:\n  token: "geh\\x65im"\n')
  await remaster(directory, 'small.iso', '--config', 'node.yaml', '--append', 'haos.password=geheim')
  for (const json of [[], ['--json']]) {
    const {all} = await remaster(directory, 'small.iso', '--show', ...json)
    expect(all).toContain('node1')
    expect(all).not.toMatch(/geheim|x65/)
  }
})

test('a second name for the same file changes that file in place', async () => {
  const directory = scratchDirectory()
  makeSmallIso(directory)
  symlinkSync('small.iso', join(directory, 'link.iso'))
  await remaster(directory, 'link.iso', 'small.iso', '--timeout', '8')

  expect((await remaster(directory, 'small.iso', '--show')).stdout).toContain('after 8 s')
  expect(readdirSync(directory).sort()).toEqual(['iso', 'link.iso', 'small.iso'])
})

test('a mistake in --config is reported with its line and a hint', async () => {
  const directory = scratchDirectory()
  makeSmallIso(directory)
  writeFileSync(join(directory, 'node.yaml'), 'hostname: a\nk3s_args: [server]\n')
  const {stderr, exitCode} = await remaster(directory, 'small.iso', '--config', 'node.yaml')

  expect(exitCode).toBe(2)
  expect(stderr).toContain('line 2, k3s_args belongs to haos')
  expect(stderr).toContain('Move it below "haos:", as "k3s_args:".')
})

test.each([
  ['quotation marks inside of a word', ['small.iso', '--append', 'a"b'], 2, /quotation marks/],
  ['entries without arguments', ['small.iso', '--entry', '0', '--timeout', '3'], 2, /--entry/],
  ['a second name and nothing to do', ['small.iso', 'new.iso', '--show'], 2, /Leave out the second name/],
  ['a pipe as the medium', ['pipe', '--show'], 2, /not a regular file/],
  ['a pipe as the place of the new one', ['small.iso', 'pipe', '--timeout', '1'], 4, /not a regular file/],
  ['a place in no directory', ['small.iso', 'none/new.iso', '--timeout', '1'], 4, /Make the directory/],
  ['a place below a file', ['small.iso', 'small.iso/new.iso', '--timeout', '1'], 4, /cannot be written/],
  ['a medium that is not there', ['none.iso', '--show'], 2, /there is no file none.iso/],
  ['a file that is not there', ['small.iso', '--file', 'none=/x'], 2, /there is no file/],
] as const)('%s: refused with a hint', async (_, words, status, message) => {
  const directory = scratchDirectory()
  makeSmallIso(directory)
  execFileSync('mkfifo', [join(directory, 'pipe')])
  const before = readFileSync(join(directory, 'small.iso'))
  const {exitCode, stderr} = await remaster(directory, ...words)

  expect(stderr).toMatch(message)
  expect(stderr).toContain('hint')
  expect(exitCode).toBe(status)
  expect(readFileSync(join(directory, 'small.iso')).equals(before)).toBe(true)
  expect(readdirSync(directory).sort()).toEqual(['iso', 'pipe', 'small.iso'])
})
