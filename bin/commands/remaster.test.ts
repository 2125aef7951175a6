import {execFileSync} from 'node:child_process'
import {mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {generateX25519Identity, identityToRecipient} from 'age-encryption'
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

test('a thousand nodes are added to an ISO in place, and shown by what their machines are recognised by, without secrets', async () => {
  const directory = scratchDirectory()
  makeSmallIso(directory)
  const {size} = statSync(join(directory, 'small.iso'))
  mkdirSync(join(directory, 'nodes'))
  for (let number = 1; number <= 1000; number++)
    writeFileSync(
      join(directory, 'nodes', `node${`${number}`.padStart(4, '0')}.yaml`),
      `match: {serial: S${number}}\nconfig: {hostname: "edge-\${index}", haos: {password: geheim${number}}}\n`,
    )
  const {stdout} = await remaster(directory, 'small.iso', '--nodes', 'nodes', '--show')

  expect(stdout).toContain('nodes: 1000\n  node0001.yaml: serial s1\n')
  expect(stdout).toContain('\n  node1000.yaml: serial s1000')
  expect(stdout).not.toContain('geheim')
  expect(statSync(join(directory, 'small.iso')).size).toBe(size)
  const json = JSON.parse((await remaster(directory, 'small.iso', '--show', '--json')).stdout)
  expect(json.nodes[999]).toEqual({name: 'node1000.yaml', match: {serial: ['s1000']}})
  writeFileSync(join(directory, 'one.json'), '{"match": {"mac": "52:54:00:12:34:56"}}')
  expect((await remaster(directory, 'small.iso', '--nodes', 'one.json', '--show')).stdout).toMatch(
    /nodes: 1\n {2}one.json: mac 52:54:00:12:34:56$/,
  )
}, 120_000)

test('sealed nodes are shown as such, and nothing of their configs is on the medium', async () => {
  const directory = scratchDirectory()
  makeSmallIso(directory)
  writeFileSync(join(directory, 'a.yaml'), 'match: {serial: S1}\nconfig: {hostname: geheim}\n')
  const recipient = await identityToRecipient(await generateX25519Identity())
  const {stdout} = await remaster(directory, 'small.iso', '--nodes', 'a.yaml', '--seal-to', recipient, '--show')

  expect(stdout).toMatch(/nodes: 1, sealed with a key\n {2}a.yaml: serial s1$/)
  expect(JSON.parse((await remaster(directory, 'small.iso', '--show', '--json')).stdout).sealed).toBe('key')
  expect(readFileSync(join(directory, 'small.iso')).includes('geheim')).toBe(false)
})

test.each([
  ['a seal without nodes', ['--seal-to', 'age1abc'], /--nodes/],
  ['a text that is no public key', ['--nodes', 'a.yaml', '--seal-to', 'age1abc'], /age1abc is none/],
  ['an empty passphrase', ['--nodes', 'a.yaml', '--seal-passphrase-file', '/dev/null'], /is no passphrase/],
] as const)('%s is refused', async (_, words, message) => {
  const directory = scratchDirectory()
  makeSmallIso(directory)
  writeFileSync(join(directory, 'a.yaml'), 'match: {serial: S1}\n')
  const {exitCode, stderr} = await remaster(directory, 'small.iso', ...words)

  expect(stderr).toMatch(message)
  expect(exitCode).toBe(2)
})

test.each([
  ['a mistake', 'match: {serial: a}\nconfig:\n  hostnam: x\n', /a\.yaml:3:3: hostnam/],
  [
    'two nodes for one machine',
    'match: {serial: a}\n---\nmatch: {serial: A}\n',
    /a\.yaml#1 and a\.yaml#2 are for the same machine/,
  ],
] as const)('%s in the nodes is refused, and the medium stays unchanged', async (_, text, message) => {
  const directory = scratchDirectory()
  const before = readFileSync(makeSmallIso(directory))
  mkdirSync(join(directory, 'nodes'))
  writeFileSync(join(directory, 'nodes/a.yaml'), text)
  const {exitCode, stderr} = await remaster(directory, 'small.iso', '--nodes', 'nodes')

  expect(stderr).toMatch(message)
  expect(exitCode).toBe(2)
  expect(readFileSync(join(directory, 'small.iso')).equals(before)).toBe(true)
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
