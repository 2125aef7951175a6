import {createHash} from 'node:crypto'
import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {filesOfCase, usualDirectories} from '../../test/runtime/applier-case.ts'
import {sampleConfig, sampleSecrets} from '../../test/runtime/sample-config.ts'
import {runCommand} from '../cli/command-line.ts'
import {MemoryHost} from '../host/memory.ts'
import {decodeUtf8} from '../text/utf8.ts'

const identity = deriveIdentity('haos')

/** A node with k3s and a running connman, on which all programs exit with this status. */
function sampleNode(status: number): MemoryHost {
  const host = new MemoryHost({
    sha256: (content) => createHash('sha256').update(content).digest('hex'),
    run: () => ({status, stdout: ''}),
  })
  for (const path of Object.keys(usualDirectories)) host.put(path, {type: 'directory', mode: 0o755})
  const files = {
    '/usr/bin/k3s': 'program',
    '/run/connman/resolv.conf': '',
    '/proc/self/status': '',
    '/proc/cmdline': '',
  }
  const planted = filesOfCase({name: '', phase: 'boot', config: '', files, expected: {}})
  for (const [path, file] of planted) host.put(path, file)
  host.put('/haos/system/config.yaml', {content: sampleConfig, mode: 0o600})
  return host
}

const withSecrets = (texts: Iterable<string>): string[] =>
  [...texts].filter((text) => sampleSecrets.some((secret) => text.includes(secret)))

test.each([
  ['succeeds', 0],
  ['fails', 1],
])('only root can read the secrets of the sample config if every program %s', (_, status) => {
  const host = sampleNode(status)
  const printed: string[] = []
  const print = (line: string) => printed.push(line)
  const command = (...argv: string[]) => runCommand(argv, {host, identity, version: '1', print, printError: print})
  command('config', '--initrd', '--boot', '--runtime')
  command('config', '--runtime', '--dry-run')
  command('config', 'status')

  const files = [...host.entries].filter(([, {type}]) => type === 'file')
  const secret = ([, {content}]: (typeof files)[number]) => withSecrets([decodeUtf8(content)]).length > 0
  expect(files.filter(secret).map(([path, {mode, uid}]) => [path, mode, uid])).toEqual(
    expect.arrayContaining([
      ['/etc/rancher/k3s/k3s.env', 0o600, 0],
      ['/var/lib/connman/cloud-config.config', 0o600, 0],
    ]),
  )
  expect(
    files
      .filter(([, {mode}]) => (mode & 0o077) !== 0)
      .filter(secret)
      .map(([path]) => path),
  ).toEqual([])
  expect(host.commands.length).toBeGreaterThan(10)
  expect(withSecrets(host.commands.map(({argv}) => argv.join(' ')))).toEqual([])
  expect(withSecrets(host.requests)).toEqual([])
  expect(withSecrets(printed)).toEqual([])
})

test('a word that is also a password stays in the report of another mistake', () => {
  const host = sampleNode(0)
  host.put('/haos/system/config.yaml', {
    content: 'write_files: [{path: /a, owner: nosuchuser}]\nhaos: {password: nosuchuser}\n',
  })
  const printed: string[] = []
  const print = (line: string) => printed.push(line)
  runCommand(['config', '--boot'], {host, identity, version: '1', print, printError: print})

  expect(printed.join('\n')).toContain('there is no user "nosuchuser"')
})
