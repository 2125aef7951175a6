import {describe, expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {readOneConfig} from './read-one-config.ts'
import {renderConfig} from './render-config.ts'

/* Real configurations, from 227 files in public repositories: what is accepted, and what is reported. */

const identity = deriveIdentity('haos')

function read(text: string) {
  const {config, problems} = readOneConfig('config.yaml', text, identity)
  return {config: renderConfig(config, identity), problems}
}

describe('accepted without a problem', () => {
  test.each([
    ['a header, a document start and Windows lines', '#cloud-config\r\n---\r\nhostname: h\r\nhaos:\r\n  token: t'],
    ['sections without anything', 'ssh_authorized_keys:\nhaos:\nwrite_files:\n'],
    [
      'numbers and booleans for texts',
      'haos: {sysctl: {vm.swappiness: 0, a.b: true}, labels: {a: 1, b: false}, environment: {A: 8080}}',
    ],
    [
      'other spellings',
      'sshAuthorizedKeys: [github:a]\nhaos: {ntpServers: [n], datasource: aws, dns_nameserver: 1.1.1.1, modules: kvm}',
    ],
    [
      'every way to write the owner of a file',
      'write_files:\n- {path: /a, owner: "root:root", permissions: "", encoding: b64, content: aGk=}\n- {path: /b, content: x}',
    ],
    ['hashed passwords', 'haos: {password: "$6$salt$abcdefghijklmnop/."}'],
    [
      'name servers with IPv6 addresses',
      'haos: {dns_nameservers: ["2606:4700:4700::1111", "fe80::1%eth0", "::ffff:1.2.3.4", 1.1.1.1]}',
    ],
    ['an agent without arguments', 'haos: {server_url: "https://10.0.0.1:6443", token: x}'],
    ['a config_url that is a path', 'haos: {install: {config_url: /mnt/config.yaml, silent: true}}'],
    [
      'keys with options and comments',
      `ssh_authorized_keys: ['restrict,command="x y" ssh-rsa AAAA me@x', "ecdsa-sha2-nistp256 AAAA", "sk-ssh-ed25519@openssh.com AAAA k", "https://x.example/keys"]`,
    ],
    [
      'flags with their values in the next item',
      'haos: {k3s_args: [server, --tls-san, 10.0.0.1, --disable=traefik, --node-label, a=b, --flannel-backend, host-gw]}',
    ],
    [
      'shell in commands and files',
      `run_cmd: ["echo \${HOME} %NAME% {{ x }}"]\nwrite_files: [{path: /a, content: "\${A}"}]\nhaos: {environment: {A: "\${B}"}}`,
    ],
  ])('%s', (_, text) => {
    expect(read(text).problems).toEqual([])
  })
})

describe('reported with what was probably meant, and the rest applies', () => {
  test.each([
    ['write_files: [{path: /a, enconding: b64}]', 'write_files[0].enconding', 'Did you mean "encoding"?'],
    ['haos: {hostname: x}', 'haos.hostname', 'Move it to the top of the file, as "hostname:".'],
    ['ntp_servers: [x]', 'ntp_servers', 'Move it below "haos:", as "ntp_servers:".'],
    ['haos: {device: /dev/sda}', 'haos.device', 'Move it below "haos: install:", as "device:".'],
    ['haos: {mode: install}', 'haos.mode', 'Write haos.mode= on the kernel command line.'],
    ['haos: {k3os_args: [server]}', 'haos.k3os_args', 'Did you mean "k3s_args"?'],
    ['haos: {k3Args: [server]}', 'haos.k3Args', 'Did you mean "k3s_args"?'],
    ['packages: [vim]', 'packages', "Put it into the image's recipe"],
    ['user: x', 'user', 'The login user is rancher'],
    ['haos: {k3s_args: [server, "--tls-san 10.0.0.1"]}', 'haos.k3s_args[1]', 'write two items'],
    ['haos: {k3s_args: [--disable=traefik]}', 'haos.k3s_args', 'Add "server" or "agent"'],
    ['haos: {k3s_args: [server, disable=traefik]}', 'haos.k3s_args[1]', 'Begin it with "--".'],
    ['haos: {k3s_args: server --disable traefik}', 'haos.k3s_args', 'Write one item for each argument'],
    ['haos: {token: {a: b}}', 'haos.token', 'Put it in quotes'],
    ['write_files: [{content: x}]', 'write_files[0].path', 'Give it a value.'],
    ['write_files: [{path: etc/motd}]', 'write_files[0].path', 'Begin it with a slash'],
    ['ssh_authorized_keys: ["gh:me"]', 'ssh_authorized_keys[0]', 'write "github:"'],
    ['haos: {data_sources: [softlayer]}', 'haos.data_sources[0]', 'one item for each source'],
    ['haos: {token: "${TOKEN}"}', 'haos.token', 'Replace it with the real value'],
    ['hostname: "%HOSTNAME%"', 'hostname', 'Replace it with the real value'],
    ['haos: {token: a}\nhaos: {token: b}', 'haos', 'Give it once.'],
    ['k3os: {token: t}', 'k3os', 'Write it as "haos"'],
    ['run_cmd: [echo a: b]', 'run_cmd[0]', 'Put it in quotes'],
    ['haos: {taints: [a=b]}', 'haos.taints[0]', 'NoSchedule'],
    ['haos: {environment: [A=b]}', 'haos.environment', 'KEY: VALUE'],
    ['haos: {password: "a\\nb"}', 'haos.password', 'Remove the line break'],
    ['boot_manifests: [{url: "https://x.example/a.yaml", sha256: abc}]', 'boot_manifests[0].sha256', 'sha256sum'],
    ['haos: {dns_nameservers: "8.8.8.8,1.1.1.1"}', 'haos.dns_nameservers[0]', 'one item for each server'],
    ['hostname: %x', '', 'Put the text in quotes'],
    ['haos:\n\ttoken: t', '', 'blanks instead of tabs'],
  ])('%s', (text, path, hint) => {
    const {config, problems} = read(`${text}\n`)

    expect(problems).toMatchObject([{path, hint: expect.stringContaining(hint), line: expect.any(Number)}])
    expect(config).toHaveProperty('haos')
  })

  test('runcmd, the spelling of cloud-init, is read', () => {
    expect(read('runcmd: [a]')).toMatchObject({config: {run_cmd: ['a']}})
  })

  test('a mistake in each key is reported with its line', () => {
    const text = [
      'ssh_authorized_keys: [gh:me]',
      'write_files: [{path: a}]',
      'boot_manifests: [{url: a}]',
      'hostname: a b',
      'init_cmd: {a: b}',
      'boot_cmd: [{a: b}]',
      'run_cmd: [""]',
      'haos:',
      '  data_sources: [none]',
      '  modules: [a/b.ko]',
      '  sysctl: [x]',
      '  ntp_servers: ["a b"]',
      '  dns_nameservers: [name]',
      '  wifi: [{passphrase: x}]',
      '  password: [a]',
      '  server_url: http://x',
      '  token: {}',
      '  labels: {"a b": c}',
      '  k3s_args: [x]',
      '  environment: {A B: c}',
      '  taints: [x]',
      '  install: {silent: maybe}',
    ]
    const lines = read(text.join('\n')).problems.map(({line}) => line)

    expect(new Set(lines)).toEqual(new Set(text.flatMap((row, index) => (row === 'haos:' ? [] : [index + 1]))))
  })
})
