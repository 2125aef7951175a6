import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {parseNodes} from './parse-nodes.ts'
import {sameMatches} from './same-matches.ts'

const identity = deriveIdentity('haos')
const parse = (text: string) => parseNodes('rack.yaml', text, identity)

test('documents, lists of nodes and JSON give the same nodes', () => {
  const nodes = ['A1', 'B2'].map((serial) => ({match: {serial}, config: {hostname: 'edge-${serial}'}}))
  const yaml = 'match: {serial: A1}\nconfig: {hostname: "edge-${serial}"}\n'
  const texts = [`${yaml}---\n${yaml.replace('A1', 'B2')}`, JSON.stringify(nodes)]
  for (const text of texts)
    expect(parse(text)).toEqual({
      nodes: [
        {name: 'rack.yaml#1', match: {serial: ['a1']}, config: {hostname: 'edge-${serial}'}},
        {name: 'rack.yaml#2', match: {serial: ['b2']}, config: {hostname: 'edge-${serial}'}},
      ],
      problems: [],
    })
})

test('a MAC address is the same in every spelling', () => {
  const {nodes} = parse('match: {mac: [52-54-00-AB-cd-ef, 5254.00ab.cdef, 525400ABCDEF]}\n')
  expect(nodes).toEqual([
    {name: 'rack.yaml', match: {mac: ['52:54:00:ab:cd:ef', '52:54:00:ab:cd:ef', '52:54:00:ab:cd:ef']}, config: {}},
  ])
})

test('line ends and a byte order mark of other systems, and names for a value, change nothing', () => {
  const yaml =
    'match: &m {serial: 0123456}\nconfig: &c\n  hostname: edge\n---\nmatch: {mac: 525400123456}\nconfig: {hostname: b}\n'
  const plain = parse(yaml)
  expect(plain.nodes.map(({match}) => match)).toEqual([{serial: ['0123456']}, {mac: ['52:54:00:12:34:56']}])
  expect(parse(`\uFEFF${yaml.replaceAll('\n', '\r\n')}`)).toEqual(plain)
  const list = '- match: {serial: a}\n  config: &c {hostname: edge}\n- match: {serial: b}\n  config: *c\n'
  expect(parse(list)).toMatchObject({nodes: [{}, {config: {hostname: 'edge'}}], problems: []})
})

test('a mistake in a file with other line ends has the same line', () => {
  const yaml = 'match: {serial: a}\n---\nmatch: {serial: b}\nconfig:\n  hostnam: x\n'
  expect(parse(yaml.replaceAll('\n', '\r\n')).problems.map(({line}) => line)).toEqual([5])
})

test.each([
  '{serial: To be filled by O.E.M.}',
  '{serial: "0123456789"}',
  '{serial: Default string}',
  '{serial: System Serial Number}',
  '{asset_tag: Not Specified}',
  '{asset_tag: " No Asset Tag "}',
  '{uuid: 03000200-0400-0500-0006-000700080009}',
  '{uuid: 00020003-0004-0005-0006-000700080009}',
  '{uuid: FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF}',
  '{mac: "52:54:00:12:34:56", serial: [A1, None]}',
])('%s is a problem, because it would fit no machine', (match) => {
  expect(parse(`match: ${match}\n`).problems).toMatchObject([
    {line: 1, message: expect.stringContaining('fits no machine'), hint: expect.stringContaining('mac')},
  ])
})

test('blanks in an asset tag are one blank', () => {
  expect(parse('match: {asset_tag: " Rack  7 "}').nodes).toMatchObject([{match: {asset_tag: ['rack 7']}}])
})

test.each([
  ['an alias of another document', 'match: &m {serial: a}\n---\nmatch: *m\n', 3],
  ['a config.yaml', 'hostname: edge\nssh_authorized_keys: [github:me]\n', 1],
  ['a key twice', 'match: {serial: a}\nmatch: {serial: b}\n', 2],
])('%s in the place of a node is a problem in its line', (_, text, line) => {
  const {problems} = parse(text)
  expect(problems[0]).toMatchObject({source: 'rack.yaml', line})
  expect(problems[0]?.hint).toMatch(/\.$/)
})

test.each([
  ['a node without a match', 'config: {}', 'match', /is missing/, 1],
  ['an empty match', 'match: {}', 'match', /is empty/, 1],
  ['an unknown key of a match', 'match:\n  serail: x', 'match.serail', /Did you mean "serial"/, 2],
  ['a value that is no address', 'match:\n  mac:\n  - 52:54', 'match.mac[0]', /must be a MAC address/, 3],
  ['a value that is no text', 'match:\n  serial: {a: b}', 'match.serial', /must be a text, or a list of texts/, 2],
  ['another key of a node', 'match: {serial: a}\nconfg: {}', 'confg', /Did you mean "config"/, 2],
  ['a mistake in a config', 'match: {serial: a}\nconfig:\n  hostnam: x', 'hostnam', /hostname/, 3],
  ['an unknown placeholder', 'match: {serial: a}\nconfig:\n  hostname: "x${name}"', 'hostname', /\$\{name\}/, 3],
  ['a placeholder that is not closed', 'match: {serial: a}\nconfig: {run_cmd: ["x${"]}', 'run_cmd[0]', /end/, 2],
  ['an address as a host name', 'match: {serial: a}\nconfig: {hostname: "${mac}"}', 'hostname', /host name/, 2],
  [
    'bytes',
    'match: {serial: a}\nconfig: {write_files: [{path: /a, content: !!binary "/w=="}]}',
    'write_files[0].content',
    /text/,
    2,
  ],
  ['a text', 'hello', '', /not a map/, 1],
  ['nothing', '# nothing', '', /no node/, undefined],
] as const)('%s is a problem in its line', (_, text, path, message, line) => {
  const {problems} = parse(text)
  expect(problems).toHaveLength(1)
  expect(problems[0]).toMatchObject({source: 'rack.yaml', path})
  expect(problems[0]?.line).toBe(line)
  expect(`${problems[0]?.message} ${problems[0]?.hint}`).toMatch(message)
})

test('lines are counted from the beginning of the file', () => {
  const node = 'match:\n  serial: a\nconfig:\n  hostnam: x\n'
  expect(parse(`${node}---\n# the second\n${node}`).problems.map(({line}) => line)).toEqual([4, 10])
})

test('two nodes for one machine are found when both name it', () => {
  const of = (a: string, b: string) => sameMatches('nodes', parse(`match: ${a}\n---\nmatch: ${b}\n`).nodes)
  expect(of('{serial: A}', '{serial: [b, a]}').map(({message}) => message)).toEqual([
    'the nodes rack.yaml#1 and rack.yaml#2 are for the same machine (serial a)',
  ])
  expect(of('{serial: A}', '{serial: a, uuid: 4c4c4544-0042-3510-8053-b4c04f564433}')).toEqual([])
  expect(of('{serial: A}', '{asset_tag: a}')).toEqual([])
})
