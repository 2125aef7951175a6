import {spawnSync} from 'node:child_process'
import {generateX25519Identity, identityToRecipient} from 'age-encryption'
import {describe, expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {encodeNodes} from '../bin/encode-nodes.ts'
import type {Seal} from '../bin/seal-nodes.ts'
import {readOpenedConfig} from '../runtime/config/nodes/read-opened-config.ts'
import {openNode} from '../runtime/config/nodes/sealed-node.ts'
import {mkdirAll} from '../runtime/host/host.ts'
import {readInstallConfig} from '../runtime/install/ask-node-key.ts'
import {ProgramHost} from './program-host.ts'
import {scratchDirectory} from './scratch.ts'
import {unpackedPackages} from './unpacked-packages.ts'

const identity = deriveIdentity('haos')
const {directory, reason} = unpackedPackages('test-age', ['age'])
if (directory === undefined && process.env['CI']) throw new Error(`the program age cannot be had: ${reason}`)
// The node's program calls it by its name.
process.env['PATH'] = `${directory}/usr/bin:${process.env['PATH']}`

const key = await generateX25519Identity()
const recipient = await identityToRecipient(key)
const other = await generateX25519Identity()

/** A machine in install mode that is the second of 40 nodes, which are sealed. */
async function machine(seal: Seal, files: Readonly<Record<string, string>> = {}) {
  const root = scratchDirectory()
  const host = new ProgramHost(root)
  const nodes = Array.from({length: 40}, (_, index) => ({
    name: `n#${index + 1}`,
    match: {serial: [`s${index + 1}`]},
    config: {hostname: `node-${index + 1}`, haos: {token: `secret-of-${index + 1}`}},
  }))
  const written = {
    '/haos/system/nodes': await encodeNodes(nodes, seal),
    '/sys/class/dmi/id/product_serial': 'S2\n',
    '/proc/cmdline': 'haos.mode=install\n',
    ...files,
  }
  for (const [path, content] of Object.entries(written)) {
    mkdirAll(host, path.slice(0, path.lastIndexOf('/')))
    host.write(path, content)
  }
  const read = () => readOpenedConfig(host, {identity, phase: 'runtime'})
  return {root, host, read}
}

const contextOf = (host: ProgramHost) => ({host, identity, version: '1', print() {}, printError() {}})

test('the file of sealed nodes shows which machines they are for, and nothing of their configs', async () => {
  const {host} = await machine({recipients: [recipient]})
  const bytes = Buffer.from(host.readBytes('/haos/system/nodes') ?? '')
  expect(bytes.includes('"s2"')).toBe(true)
  expect(bytes.includes('secret-of') || bytes.includes('node-2')).toBe(false)
})

test('a text that is no public key is refused by name, and a secret key is not repeated', async () => {
  await expect(encodeNodes([], {recipients: ['age1abc']})).rejects.toMatchObject({
    code: 'USAGE_INVALID',
    message: expect.stringContaining('age1abc'),
  })
  await expect(encodeNodes([], {recipients: [key]})).rejects.toMatchObject({
    message: expect.not.stringContaining(key),
  })
})

test('without a key, a machine knows its node and has the common config, and that is no problem', async () => {
  const {config, node, problems} = (await machine({recipients: [recipient]})).read()
  expect(node).toMatchObject({
    kind: 'sealed',
    text: 'this machine is node n#2 of /haos/system/nodes, by its serial number s2, and its config is sealed',
  })
  expect([config.hostname, problems]).toEqual([undefined, []])
})

describe.skipIf(directory === undefined)(`with age${reason === undefined ? '' : ` (${reason})`}`, () => {
  test.each([
    [
      'a path on the command line',
      {'/proc/cmdline': 'haos.install.node_key=/k\n', '/k': `# made by age-keygen\n${key}\n`},
    ],
    ['a path on the medium', {'/proc/cmdline': 'haos.install.node_key=/k\n', '/run/haos/medium/k': key}],
    ['a stick', {'/run/haos/nodes.key': `${key}\n`}],
    ['several keys of a stick', {'/run/haos/nodes.key': `${other}\n${key}\n`}],
  ])('%s opens the config of the machine, and only this one stays in memory', async (_, files) => {
    const {host, read} = await machine({recipients: [recipient]}, files)
    expect(read()).toMatchObject({config: {hostname: 'node-2'}, problems: [], node: {kind: 'chosen'}})
    expect(host.list('/run/haos')).not.toContain('opening')
    expect(host.read('/run/haos/opened-node.json')).not.toContain('secret-of-3')
    expect(host.lstat('/run/haos/opened-node.json')?.mode).toBe(0o600)
  })

  test('each of several keys opens the nodes', async () => {
    const recipients = [await identityToRecipient(other), recipient]
    const {read} = await machine({recipients}, {'/run/haos/nodes.key': key})
    expect(read().config.hostname).toBe('node-2')
  })

  test.each([
    ['another key', other, /this key does not open its config/],
    ['a text that is no key', 'secret', /this is no age key/],
    ['a damaged key', key.replace(/.$/, '?'), /this key does not open its config/],
  ])('%s is a problem that does not repeat it, and the common config counts', async (_, wrong, message) => {
    const {host, read} = await machine({recipients: [recipient]}, {'/run/haos/nodes.key': wrong})
    const {config, problems, node} = read()
    expect(problems).toMatchObject([{source: '/haos/system/nodes', message: expect.stringMatching(message)}])
    expect(JSON.stringify(problems)).not.toContain(wrong)
    expect([config.hostname, node?.kind]).toEqual([undefined, 'sealed'])
    expect(host.list('/run/haos')).toEqual(['nodes.key'])
  })

  test('an installation without questions is refused with the reason', async () => {
    const without = await machine({recipients: [recipient]})
    expect(() => readInstallConfig(contextOf(without.host), undefined, undefined)).toThrow(
      /needs a key .*none was given/,
    )
    const wrong = await machine({recipients: [recipient]}, {'/run/haos/nodes.key': other})
    expect(() => readInstallConfig(contextOf(wrong.host), undefined, undefined)).toThrow(/this key does not open/)
  })

  test('a person is asked again until the key is right, and an empty answer cancels', async () => {
    const {host} = await machine({recipients: [recipient]})
    const shown: string[] = []
    const answers = ['hello', other, key]
    const terminal = {
      print: (line: string) => void shown.push(line),
      ask: () => undefined,
      askSecret: () => answers.shift() ?? '',
    }
    expect(readInstallConfig(contextOf(host), undefined, terminal).config.hostname).toBe('node-2')
    expect(shown).toEqual([
      expect.stringContaining('n#2'),
      '  this is no age key: it begins with AGE-SECRET-KEY-',
      '  this key does not open its config',
    ])
    const again = await machine({recipients: [recipient]})
    expect(() => readInstallConfig(contextOf(again.host), undefined, terminal)).toThrow(/cancelled/)
  })

  test.skipIf(spawnSync('script', ['--version']).status !== 0)('age itself asks for the passphrase', async () => {
    const {root, host, read} = await machine({recipients: [], passphrase: 'five random words'})
    const {node} = read()
    if (node?.sealed === undefined) throw new Error('the node is not sealed')
    expect(() => readInstallConfig(contextOf(host), undefined, undefined)).toThrow(/passphrase, which only/)
    // A terminal for the program, as the console of an installation is.
    const run = host.run.bind(host)
    let answer = 'wrong'
    host.run = (argv, options) => {
      if (argv[4] !== 'age') return run(argv, options)
      const words = argv.slice(4).map((word) => word.replace(/^\/run/, `${root}/run`))
      const {status} = spawnSync('script', ['-qec', words.join(' '), '/dev/null'], {input: `${answer}\n`})
      return {status: status ?? 1, stdout: ''}
    }
    const {sealed} = node
    expect(() => openNode(host, identity, sealed)).toThrow('this passphrase does not open its config')
    answer = 'five random words'
    openNode(host, identity, sealed)
    expect(read().config.hostname).toBe('node-2')
    expect(host.list('/run/haos')).toEqual(['opened-node.json'])
  })
})
