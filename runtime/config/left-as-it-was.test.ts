import {gzipSync} from 'node:zlib'
import {describe, expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {tableFiles} from '../../test/oracle/config-cases.ts'
import {readConfig} from './read-config.ts'
import {readOneConfig} from './read-one-config.ts'
import {renderConfig} from './render-config.ts'

/* What is reported as a mistake is not applied: what earlier sources said, or nothing, counts instead. */

const identity = deriveIdentity('haos')

function read(text: string) {
  const {config, problems} = readOneConfig('config.yaml', text, identity)
  return {config: renderConfig(config, identity), paths: problems.map(({path}) => path)}
}

const garbled = Buffer.concat([gzipSync('x'), Buffer.from('garbage')]).toString('base64')

describe('a mistake is reported, and its value is not used', () => {
  test.each([
    ['hostname: "$(cat /etc/id)"', 'hostname'],
    [`hostname: ${'a'.repeat(64)}`, 'hostname'],
    ['hostname: "${NAME}"', 'hostname'],
    ['haos: {password: $PASSWORD}', 'haos.password'],
    ['haos: {password: "a\\nb"}', 'haos.password'],
    ['haos: {token: "$TOKEN"}', 'haos.token'],
    ['haos: {token: "{{token}}"}', 'haos.token'],
    ['haos: {token: "\\uD800"}', 'haos.token'],
    ['haos: {token: *nothing}', 'haos.token'],
    ['haos: {server_url: "http://x"}', 'haos.server_url'],
    ['haos: {server_url: "https://$IP:6443"}', 'haos.server_url'],
    ['haos: {k3s_args: [server, "--node-ip=${x}"]}', 'haos.k3s_args[1]'],
    ['haos: {k3s_args: [server, --node-ip, $IP]}', 'haos.k3s_args[2]'],
    ['haos: {k3s_args: [server, "--node-name=$(hostname)"]}', 'haos.k3s_args[1]'],
    ['haos: {k3s_args: [server, "--tls-san {{ip}}"]}', 'haos.k3s_args[1]'],
    ['haos: {install: {tty: "ttyS0 --device=/dev/sdb"}}', 'haos.install.tty'],
    ['haos: {wifi: [{passphrase: x}]}', 'haos.wifi[0].name'],
    ['haos: {modules: ["-r kvm"]}', 'haos.modules[0]'],
    ['haos: {modules: ["kvm -r"]}', 'haos.modules[0]'],
    ['haos: {taints: ["{{ key }}=x:NoSchedule"]}', 'haos.taints[0]'],
    ['haos: {environment: {"A B": c}}', 'haos.environment[A B]'],
    ['haos: {labels: {"a b": c}}', 'haos.labels[a b]'],
    ['haos: {sysctls: {kernel.x: "${x}"}}', 'haos.sysctls[kernel.x]'],
    ['haos: {dns_nameservers: [dns.example]}', 'haos.dns_nameservers[0]'],
    ['boot_manifests: [{url: "https://x/a.yaml", sha256: abc}]', 'boot_manifests[0].sha256'],
    ['boot_manifests: [{url: "https://x/.."}]', 'boot_manifests[0].url'],
    ['write_files: [{path: /etc/hosts, append: true, content: x}]', 'write_files[0].append'],
    ['write_files: [{path: /a, permissions: 420}]', 'write_files[0].permissions'],
    ['write_files: [{path: "/srv/{{ name }}"}]', 'write_files[0].path'],
    ['write_files: [{content: x}]', 'write_files[0].path'],
    ['write_files: [{path: /a, content: "\\uDC00"}]', 'write_files[0].content'],
    ['write_files: [{path: /a, encoding: base64, content: aGk}]', 'write_files[0].content'],
    ['write_files: [{path: /a, encoding: gz+b64, content: bm90Z3ppcA==}]', 'write_files[0].content'],
    [`write_files: [{path: /a, encoding: gz+b64, content: ${garbled}}]`, 'write_files[0].content'],
  ])('%s', (text, path) => {
    const {config, paths} = read(text)

    expect(paths).toEqual([path])
    expect(config).toEqual({haos: {}})
  })

  test('and what an earlier source said stays, also where a list or a map has nothing left', () => {
    const good =
      'hostname: good\nssh_authorized_keys: ["github:me"]\nwrite_files: [{path: /a}]\nhaos: {token: t, labels: {a: b}, k3s_args: [server]}\n'
    const bad =
      'hostname: a b\nssh_authorized_keys: [x]\nwrite_files: [{}]\nhaos: {token: $T, labels: {a b: c}, k3s_args: [server, "$x"]}\n'
    const files = (texts: Readonly<Record<string, string>>) =>
      tableFiles(new Map(Object.entries(texts).map(([path, text]) => [path, new TextEncoder().encode(text)])))
    const system = '/haos/system/config.yaml'
    const local = '/var/lib/rancher/haos/config.yaml'
    const both = readConfig(files({[system]: good, [local]: bad}), {identity, cmdline: ''})

    expect(both.config).toEqual(readConfig(files({[system]: good}), {identity, cmdline: ''}).config)
    expect(both.problems).toHaveLength(6)
  })

  test('on the kernel command line, too', () => {
    const cmdline = "haos.token='two words' haos.hostname haos.password=p"
    const {config, problems} = readConfig(tableFiles(new Map()), {identity, cmdline})

    expect(config).toEqual({node: {password: 'p'}})
    expect(problems.map(({path}) => path)).toEqual(['hostname', 'haos.token'])
  })
})

test.each([
  ['ssh_authorized_keys: ["ssh-ed25519 AAAA… me"]', 'ssh_authorized_keys[0]'],
  ['ssh_authorized_keys: ["ssh-ed25519 AAAA... me"]', 'ssh_authorized_keys[0]'],
  ['ssh_authorized_keys: ["ssh-rsa <your key>"]', 'ssh_authorized_keys[0]'],
  ['haos: {k3s_args: [--disable=traefik]}', 'haos.k3s_args'],
  ['haos: {k3s_args: server --disable traefik}', 'haos.k3s_args'],
  ['haos: {k3s_args: [server, disable=traefik]}', 'haos.k3s_args[1]'],
  ['haos: {token: a}\nhaos: {token: b}', 'haos'],
])('a remark says that what it is about counts all the same: %s', (text, path) => {
  const {config, written, problems} = readOneConfig('config.yaml', text, identity)

  expect(problems).toMatchObject([{path, isApplied: true}])
  expect(config).toEqual(written)
})

test('what is written is shown with its mistakes', () => {
  const {written} = readOneConfig('config.yaml', 'hostname: a b\nhaos: {wifi: [{}], modules: [""]}', identity)

  expect(written).toEqual({hostname: 'a b', node: {wifi: [{}], modules: ['']}})
})

describe('what is right beside a mistake counts', () => {
  test('of a list the other items', () => {
    const {config, paths} = read(
      'write_files: [{path: a}, {path: /b}]\nhaos: {wifi: [{passphrase: x}, {name: n}], modules: [a/b, kvm], dns_nameservers: [d, 1.1.1.1]}',
    )
    expect(paths).toEqual(['write_files[0].path', 'haos.wifi[0].name', 'haos.modules[0]', 'haos.dns_nameservers[0]'])
    expect(config).toMatchObject({
      write_files: [{path: '/b'}],
      haos: {wifi: [{name: 'n'}], modules: ['kvm'], dns_nameservers: ['1.1.1.1']},
    })
  })

  test('of commands those before it, since the ones after it may rely on it', () => {
    expect(read('run_cmd: [a, {b: d}, c]')).toEqual({
      config: {run_cmd: ['a'], haos: {}},
      paths: ['run_cmd[1]', 'run_cmd[2]'],
    })
    expect(read('boot_cmd: [{mkdir: x}, cp a /x]')).toEqual({
      config: {haos: {}},
      paths: ['boot_cmd[0]', 'boot_cmd[1]'],
    })
    expect(read('init_cmd: [a, ""]')).toEqual({config: {init_cmd: ['a'], haos: {}}, paths: ['init_cmd[1]']})
  })

  test('permissions that look like octal digits, and all encodings', () => {
    const packed = gzipSync('x').toString('base64')
    const twice = Buffer.concat([gzipSync('a'), gzipSync('b')]).toString('base64')
    const {paths} = read(
      `write_files: [{path: /a, permissions: 644}, {path: /b, permissions: "0420"}, {path: /c, permissions: 400}, {path: /d, encoding: gz+b64, content: ${packed}}, {path: /e, encoding: GZ+B64, content: ${twice}}, {path: /f, encoding: b64, content: "aG\\nk="}]`,
    )
    expect(paths).toEqual([])
  })
})
