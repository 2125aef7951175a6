import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {tableFiles} from '../../test/oracle/config-cases.ts'
import {readConfig} from './read-config.ts'

const identity = deriveIdentity('haos')
const read = (userdata: string) =>
  readConfig(tableFiles(new Map([['/run/config/userdata', userdata]])), {identity, cmdline: ''})
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOtw me@lab'

interface Example {
  readonly userdata: string
  /** What the node makes of it. */
  readonly config: Readonly<Record<string, unknown>>
  /** Lines and keys that it does not have. */
  readonly reported: readonly (readonly [line: number, path: string])[]
}

/** What these systems generate, or their documents recommend, in our own words. */
const examples: Readonly<Record<string, Example>> = {
  'Proxmox VE, generated from the tab Cloud-Init': {
    userdata: `#cloud-config
hostname: pve-node
manage_etc_hosts: true
fqdn: pve-node.lab.example
user: admin
password: $5$salt$hash
ssh_authorized_keys:
  - ${key}
chpasswd:
  expire: False
users:
  - default
package_upgrade: true
`,
    config: {hostname: 'pve-node', ssh_authorized_keys: [key], users: [{name: 'default'}]},
    reported: [
      [3, 'manage_etc_hosts'],
      [4, 'fqdn'],
      [5, 'user'],
      [6, 'password'],
      [9, 'chpasswd'],
      [13, 'package_upgrade'],
    ],
  },
  'libvirt, virt-install --cloud-init': {
    userdata: `#cloud-config
ssh_pwauth: true
disable_root: false
chpasswd:
  list: |
    root:once
  expire: true
hostname: virt
`,
    config: {hostname: 'virt'},
    reported: [
      [2, 'ssh_pwauth'],
      [3, 'disable_root'],
      [4, 'chpasswd'],
    ],
  },
  Multipass: {
    userdata: `growpart:
  mode: auto
  devices: [/]
  ignore_growroot_disabled: false
users:
  - default
manage_etc_hosts: true
ssh_authorized_keys:
  - ${key}
timezone: Europe/Berlin
system_info:
  default_user:
    name: ubuntu
runcmd:
  - echo one > /run/one
`,
    config: {
      users: [{name: 'default'}],
      ssh_authorized_keys: [key],
      timezone: 'Europe/Berlin',
      run_cmd: ['echo one > /run/one'],
    },
    reported: [
      [1, 'growpart'],
      [7, 'manage_etc_hosts'],
      [11, 'system_info'],
    ],
  },
  'Harvester, with the guest agent': {
    userdata: `#cloud-config
package_update: true
packages:
  - qemu-guest-agent
runcmd:
  - - systemctl
    - enable
    - '--now'
    - "it's agent.service"
ssh_authorized_keys:
  - ${key}
`,
    config: {ssh_authorized_keys: [key], run_cmd: [`systemctl enable --now 'it'\\''s agent.service'`]},
    reported: [
      [2, 'package_update'],
      [3, 'packages'],
    ],
  },
}

test.each(Object.entries(examples))('%s: what we have applies, the rest is named by its line', (_, example) => {
  const {config, problems} = read(example.userdata)
  const {node, ...top} = config
  expect({...top, ...(Object.keys(node).length > 0 && {node})}).toEqual(example.config)
  expect(problems.map(({line, path}) => [line, path])).toEqual(example.reported)
  for (const {hint} of problems) expect(hint).toMatch(/\.$/)
})

test('Vagrant, which sends a MIME archive: its cloud-config applies', () => {
  const config = `Content-Type: text/cloud-config\nContent-Disposition: attachment; filename="user.yml"\n\nhostname: v`
  const result = read(`Content-Type: multipart/mixed; boundary="x"\nMIME-Version: 1.0\n\n--x\n${config}\n--x--\n`)
  expect(result).toMatchObject({config: {hostname: 'v'}, problems: []})
})

test('Vagrant, with the headers that it writes and the line ends of MIME: the parts apply, and the rest is named', () => {
  const {config, problems} = read(
    [
      ...['Content-ID: <1@vagrant>', 'Content-Type: multipart/mixed; boundary="Boundary_1"', 'MIME-Version: 1.0', ''],
      ...['--Boundary_1', 'Content-ID: <2@vagrant>', 'Content-Type: text/cloud-config', 'MIME-Version: 1.0', ''],
      ...['#cloud-config', 'hostname: box', 'package_update: true', '--Boundary_1--', ''],
    ].join('\r\n'),
  )
  expect(config.hostname).toBe('box')
  expect(problems.map(({line, path}) => [line, path])).toEqual([[3, 'package_update']])
})

/** Documents of the network that these systems send beside the user data. */
test.each([
  [
    'Proxmox VE',
    `version: 1
config:
    - type: physical
      name: eth0
      mac_address: '52:54:00:12:34:56'
      subnets:
      - type: static
        address: '192.0.2.77'
        netmask: '255.255.255.0'
        gateway: '192.0.2.1'
    - type: nameserver
      address:
      - '192.0.2.53'
      search:
      - 'lab.example'
`,
    {
      config: [
        {name: 'eth0', mac_address: '52:54:00:12:34:56', subnets: [{address: '192.0.2.77', gateway: '192.0.2.1'}]},
        {type: 'nameserver', address: ['192.0.2.53'], search: ['lab.example']},
      ],
    },
    [],
  ],
  [
    'Multipass',
    `version: 2
ethernets:
  eth0:
    match:
      macaddress: "52:54:00:12:34:56"
    dhcp-identifier: mac
    dhcp4: true
`,
    {ethernets: {eth0: {match: {macaddress: '52:54:00:12:34:56'}, dhcp4: true}}},
    [[6, 'network.ethernets.eth0.dhcp-identifier']],
  ],
  [
    'Harvester',
    'network:\n  version: 1\n  config:\n  - type: physical\n    name: eth0\n    subnets:\n    - type: dhcp\n',
    {config: [{type: 'physical', name: 'eth0', subnets: [{type: 'dhcp'}]}]},
    [],
  ],
  [
    'libvirt, virt-install --cloud-init network-config=FILE',
    'network:\n  version: 2\n  ethernets:\n    eth0:\n      addresses: [192.0.2.77/24]\n      gateway4: 192.0.2.1\n      mtuu: 9000\n',
    {ethernets: {eth0: {addresses: ['192.0.2.77/24']}}},
    [[7, 'network.ethernets.eth0.mtuu']],
  ],
] as const)(
  'the network that %s describes is set up, and the rest is named by its line',
  (_, text, network, reported) => {
    const files = tableFiles(new Map([['/run/config/network-config', text]]))
    const {config, problems} = readConfig(files, {identity, cmdline: ''})
    expect(config.network).toMatchObject(network)
    expect(problems.map(({line, path}) => [line, path])).toEqual(reported)
  },
)

test('a command that is a list of more than texts is a mistake', () => {
  const {config, problems} = read('runcmd: [first, [a, {b: c}], ok]')
  expect(problems[0]).toMatchObject({path: 'run_cmd[1]', message: expect.stringContaining('must be one text')})
  expect(config.run_cmd).toEqual(['first'])
})
