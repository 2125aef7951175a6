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
