import {gzipSync} from 'node:zlib'
import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {encodeNodesFile} from '#formats'
import {tableFiles} from '../../../test/oracle/config-cases.ts'
import {readConfig} from '../read-config.ts'
import {renderConfig} from '../render-config.ts'
import {parseNodes} from './parse-nodes.ts'

const identity = deriveIdentity('haos')

/** A machine with two cards, of which the second is in a bond that has the first one's address. */
const machine = {
  '/sys/class/dmi/id/product_uuid': '4C4C4544-0042-3510-8053-B4C04F564433\n',
  '/sys/class/dmi/id/product_serial': 'PF0A\n',
  '/sys/class/dmi/id/chassis_asset_tag': 'Rack 7\n',
  '/sys/class/net/lo/address': '00:00:00:00:00:00\n',
  '/sys/class/net/eth0/address': '52:54:00:00:00:01\n',
  '/sys/class/net/eth0/device/vendor': 'x',
  '/sys/class/net/eth1/address': '52:54:00:00:00:01\n',
  '/sys/class/net/eth1/bonding_slave/perm_hwaddr': '52:54:00:00:00:02\n',
  '/sys/class/net/eth1/device/vendor': 'x',
}

const fileOf = (text: string, compress = true) =>
  encodeNodesFile(parseNodes('n', text, identity).nodes, compress ? gzipSync : undefined)

function read(nodes: Uint8Array, more: Readonly<Record<string, string>> = {}, cmdline = '') {
  const texts = {'/haos/system/config.yaml': 'hostname: common-1\n', ...machine, ...more}
  const files = new Map<string, Uint8Array>(Object.entries(texts).map(([path, text]) => [path, Buffer.from(text)]))
  files.set('/haos/system/nodes', nodes)
  const {config, problems, node} = readConfig(tableFiles(files), {identity, cmdline})
  return {config: renderConfig(config, identity), problems, node}
}

const one = (match: string, name = 'own') => `match: ${match}\nconfig: {hostname: ${name}}\n`

test.each([
  ['uuid', '{uuid: 4c4c4544-0042-3510-8053-b4c04f564433}', 'UUID 4c4c4544-0042-3510-8053-b4c04f564433'],
  ['serial', '{serial: pf0a}', 'serial number pf0a'],
  ['a second card', '{mac: "52:54:00:00:00:02"}', 'MAC address 52:54:00:00:00:02'],
  ['asset tag', '{asset_tag: rack 7}', 'asset tag rack 7'],
  ['host name', '{hostname: COMMON-1}', 'host name common-1'],
  ['a pattern', '{hostname: "common-?"}', 'host name common-1'],
  ['one of several values', '{serial: [x, PF0A]}', 'serial number pf0a'],
  ['two keys', '{serial: PF0A, asset_tag: Rack 7}', 'serial number pf0a and asset tag rack 7'],
])('a machine is recognised by %s', (_, match, by) => {
  const {config, problems, node} = read(fileOf(`${one('{serial: other}')}---\n${one(match)}`))
  expect(config).toMatchObject({hostname: 'own'})
  expect(problems).toEqual([])
  expect(node).toEqual({kind: 'chosen', text: `this machine is node n#2 of /haos/system/nodes, by its ${by}`})
})

/** From the least exact match to the most exact. */
const byExactness = [
  '{hostname: "common*"}',
  '{hostname: common-1}',
  '{asset_tag: Rack 7}',
  '{asset_tag: Rack 7, hostname: "common*"}',
  '{mac: "52:54:00:00:00:01"}',
  '{serial: PF0A}',
  '{serial: PF0A, mac: "52:54:00:00:00:01"}',
  '{uuid: 4c4c4544-0042-3510-8053-b4c04f564433}',
]

test.each(byExactness.slice(1).map((exact, index) => [exact, byExactness.slice(0, index + 1)] as const))(
  '%s wins over every less exact match',
  (exact, others) => {
    const texts = [...others.map((other) => one(other, 'less')), one(exact)]
    for (const nodes of [texts, texts.toReversed()])
      expect(read(fileOf(nodes.join('---\n'))).config).toMatchObject({hostname: 'own'})
  },
)

test.each([
  [
    'serial',
    '/sys/class/dmi/id/product_serial',
    ['To be filled by O.E.M.', '0123456789', 'Default string', '.......', 'INVALID'],
  ],
  [
    'asset_tag',
    '/sys/class/dmi/id/chassis_asset_tag',
    ['Not Specified', ' ', 'No Asset Information', 'Asset-1234567890'],
  ],
  [
    'uuid',
    '/sys/class/dmi/id/product_uuid',
    [
      '03000200-0400-0500-0006-000700080009',
      '00020003-0004-0005-0006-000700080009',
      '00000000-0000-0000-0000-ac1f6b000000',
    ],
  ],
] as const)('what nobody filled in is no %s of a machine', (key, path, values) => {
  // As a file from an older version may contain it.
  for (const value of values) {
    const nodes = [{name: 'n', match: {[key]: [value.trim().toLowerCase()]}, config: {hostname: 'own'}}]
    const {node, problems} = read(encodeNodesFile(nodes), {[path]: `${value}\n`})
    expect([node?.kind, problems]).toEqual(['none', []])
  }
})

test('a config of a megabyte is read', () => {
  const text = `match: {serial: PF0A}\nconfig:\n  hostname: own\n  write_files: [{path: /a, content: "${'x'.repeat(2 ** 20)}"}]\n`
  const {config, problems} = read(fileOf(text))
  expect(problems).toEqual([])
  expect(config).toMatchObject({hostname: 'own', write_files: [{path: '/a'}]})
})

test('all keys of a match must fit', () => {
  expect(read(fileOf(one('{serial: PF0A, asset_tag: rack 8}'))).config).toMatchObject({hostname: 'common-1'})
})

test('without a node for it, a machine has the common config, and that is no problem', () => {
  const {config, problems, node} = read(fileOf(one('{serial: other}')))
  expect(config).toMatchObject({hostname: 'common-1'})
  expect(problems).toEqual([])
  expect(node?.kind).toBe('none')
  expect(node?.text).toContain('serial number pf0a; MAC address 52:54:00:00:00:01, 52:54:00:00:00:02; asset tag rack 7')
})

test('two nodes that fit equally well are a problem that names both, and neither is used', () => {
  const nodes = `${one('{mac: "52:54:00:00:00:01"}')}---\n${one('{mac: "52:54:00:00:00:02"}')}`
  const {config, problems, node} = read(fileOf(nodes))
  expect(config).toMatchObject({hostname: 'common-1'})
  expect(problems).toMatchObject([
    {source: '/haos/system/nodes', path: '', message: expect.stringContaining('n#1 and n#2')},
  ])
  expect(node?.kind).toBe('ambiguous')
})

test('the kernel command line wins over the node, and the node over the system', () => {
  expect(read(fileOf(one('{serial: PF0A}')), {}, 'hostname=cmdline').config).toMatchObject({hostname: 'cmdline'})
})

test('values of the machine are filled in, and an escaped one is not', () => {
  const text = `match: {mac: "52:54:00:00:00:02"}
config:
  hostname: e-\${serial}-\${index}
  run_cmd: ["\${hostname} \${mac} \${uuid} $\${HOME} $\${mac}"]
  write_files: [{path: /etc/node, content: "\${serial}"}]
`
  const {config, problems} = read(fileOf(text, false))
  expect(problems).toEqual([])
  expect(config).toMatchObject({
    hostname: 'e-pf0a-1',
    run_cmd: ['e-pf0a-1 52:54:00:00:00:02 4c4c4544-0042-3510-8053-b4c04f564433 ${HOME} ${mac}'],
    write_files: [{content: 'pf0a'}],
  })
})

test('a value that the machine does not have is a problem, and the rest of the node counts', () => {
  const text = 'match: {asset_tag: Rack 7}\nconfig: {hostname: "e-${serial}", run_cmd: [x]}\n'
  const {config, problems} = read(fileOf(text), {'/sys/class/dmi/id/product_serial': 'To Be Filled By O.E.M.\n'})
  expect(config).toMatchObject({hostname: 'common-1', run_cmd: ['x']})
  expect(problems).toMatchObject([{path: 'hostname', message: expect.stringContaining('does not have')}])
})

test('a file of nodes that is damaged anywhere is a problem, and the common config counts', () => {
  const whole = fileOf(one('{serial: PF0A}'))
  const damages = [
    whole.subarray(0, 10),
    whole.subarray(0, -1),
    Buffer.concat([whole, Buffer.from('x')]),
    ...[0, 25, 40, 60, whole.length - 30, whole.length - 6].map((at) => {
      const copy = Buffer.from(whole)
      copy[at] = (copy[at] ?? 0) ^ 0x11
      return copy
    }),
  ]
  for (const damaged of damages) {
    const {config, problems, node} = read(damaged)
    expect(config).toMatchObject({hostname: 'common-1'})
    expect(problems).toMatchObject([
      {source: '/haos/system/nodes', message: expect.stringContaining("no node's config")},
    ])
    expect(node?.kind).toBe('unreadable')
  }
})

test('a thousand nodes of five hundred bytes take less than 512 KiB, and each is found', () => {
  const node = (number: number) =>
    `match: {serial: S${number}}\nconfig: {hostname: "node-\${index}", haos: {token: "${'ab12'.repeat(8)}${number * 7919}", labels: {rack: "${number % 40}"}}, write_files: [{path: /etc/n, content: "${'shared text '.repeat(25)}"}]}\n`
  const file = fileOf(Array.from({length: 1000}, (_, index) => node(index + 1)).join('---\n'))
  expect(file.length).toBeLessThan(512 * 1024)
  for (const number of [1, 32, 33, 1000])
    expect(read(file, {'/sys/class/dmi/id/product_serial': `S${number}\n`}).config).toMatchObject({
      hostname: `node-${number}`,
      haos: {labels: {rack: `${number % 40}`}},
    })
})
