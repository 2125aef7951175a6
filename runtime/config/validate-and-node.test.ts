import {createHash} from 'node:crypto'
import {gzipSync} from 'node:zlib'
import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {applyPhase} from '../apply/apply.ts'
import {phaseNames} from '../apply/phases.ts'
import {MemoryHost} from '../host/memory.ts'
import {configFilesOf} from './config-files-of.ts'
import {readConfig} from './read-config.ts'
import {readOneConfig} from './read-one-config.ts'
import {usualAccounts} from './usual-accounts.ts'

/* The command line finds in a config.yaml what the node reports when it applies it, and the other way round. */

const identity = deriveIdentity('haos')

/** The paths of what a node with this config reports in all phases. */
function reportedByNode(text: string): Set<string> {
  const host = new MemoryHost({sha256: (content) => createHash('sha256').update(content).digest('hex')})
  for (const path of ['/etc/connman', '/proc/sys/kernel', '/proc/sys/net/ipv4', '/home/rancher/.ssh'])
    host.put(path, {type: 'directory', mode: 0o755, uid: 1000, gid: 1000})
  host.put('/etc/passwd', {
    content: 'root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/:\nrancher:x:1000:1000::/home/rancher:/bin/sh\n',
  })
  host.put('/etc/group', {content: 'root:x:0:\nadm:x:4:\n'})
  host.put('/usr/bin/k3s', {content: 'program', mode: 0o755})
  host.put('/haos/system/config.yaml', {content: text})
  const problems = phaseNames.flatMap((phase) => {
    const read = readConfig(configFilesOf(host), {identity, phase, cmdline: ''})
    return [...read.problems, ...applyPhase(phase, read.config, {host, identity, version: '1', read}).problems]
  })
  return new Set(problems.map(({path}) => path))
}

const inBase64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const packed = gzipSync('text')

test.each([
  ['hostname: h\nhaos: {password: p, token: t}'],
  [
    `write_files:
- {path: /e/1, encoding: base64, content: aGk}
- {path: /e/2, encoding: gz+b64, content: bm90Z3ppcA==}
- {path: /e/3, owner: nosuchuser, content: x}
- {path: /e/4, owner: "root:nosuchgroup", content: x}
- {path: /e/5, owner: "www-data:adm", content: x}
- {path: /e/6, owner: "1:2", content: x}
- {path: /e/7, owner: rancher, content: x}
- {path: /e/8, owner: "www-data.adm", content: x}
- {path: /e/9, owner: "--help", content: x}`,
  ],
  [
    `write_files:
- {path: /e/1, encoding: gz+b64, content: ${inBase64(packed)}}
- {path: /e/2, encoding: gz+b64, content: ${inBase64(Buffer.concat([packed, Buffer.from('x')]))}}
- {path: /e/3, encoding: gz+b64, content: ${inBase64(packed.subarray(0, 15))}}
- {path: /e/4, content: !!binary "${inBase64(packed)}", encoding: gzip}
- {path: /e/5, content: !!binary "AAE", encoding: gzip}
- {path: /e/6, encoding: gzip, content: text}
- {path: /e/7, encoding: rot13, content: text}
- {path: /e/8, encoding: b64}
- {path: /e/9, encoding: b64, content: "aG k="}`,
  ],
  ['write_files: [{path: /e/../x}, {path: e}, {path: /e/}, {path: ""}, {}, {path: "/a\\0b"}, {path: /}]'],
  [
    'write_files: [{path: /e, permissions: 420}, {path: /e, permissions: 888}, {path: /e, permissions: "17777"}, {path: /e, permissions: "4755"}]',
  ],
  [`hostname: ${'a'.repeat(64)}.x`],
  ['hostname: -a'],
  ['hostname: "{{ip}}"\nhaos: {token: $TOKEN, server_url: "https://${x}:6443"}'],
  ['haos: {k3s_args: [server, "--node-ip={{ip}}", "--x=${x}", "$Y"]}'],
  ['haos: {modules: ["-r kvm", " kvm", "{{m}}", "kvm a=1"]}'],
  ['haos: {password: "a\\nb"}'],
  ['haos: {sysctls: {../x: "1", kernel: "1", kernel.x: "1"}}'],
  ['haos: {environment: {A-B: c, "1A": x, A: "b\\nc", C: d}}'],
  ['haos: {wifi: [{name: "a\\nb"}, {passphrase: x}, {name: n, passphrase: "\\0"}, {name: m}]}'],
  ['haos: {ntp_servers: ["a b", n], dns_nameservers: ["1.1.1", 1.1.1.1]}'],
  ['haos: {labels: {a b: c, kubernetes.io/x: y, a: b c, ok: v}, taints: [x, "a=b:NoSchedule"]}'],
  ['ssh_authorized_keys: ["ssh-ed25519 AAAA…", "gh:me", "", "ssh-rsa AAAAB3 me"]'],
  ['run_cmd: [a, [b], c]\nboot_cmd: [""]\ninit_cmd: {a: b}'],
  ['haos: [\n'],
  ['haos: {token: *nothing, password: "\\uD800"}'],
])('%s', (text) => {
  const found = readOneConfig('config.yaml', text, identity, {accounts: usualAccounts})

  expect(new Set(found.problems.map(({path}) => path))).toEqual(reportedByNode(text))
})

test('a user of the image that the command line does not know can be named', () => {
  const text = 'write_files: [{path: /a, owner: "app:app"}]'
  const accounts = new Set([...usualAccounts, 'app'])

  expect(readOneConfig('config.yaml', text, identity, {accounts: usualAccounts}).problems).toMatchObject([
    {path: 'write_files[0].owner', line: 1},
  ])
  expect(readOneConfig('config.yaml', text, identity, {accounts}).problems).toEqual([])
})
