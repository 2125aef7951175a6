import {mkdirSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {scratchDirectory} from '../test/scratch.ts'
import {loadNodes} from './load-nodes.ts'

function load(files: Readonly<Record<string, string>>) {
  const directory = scratchDirectory()
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), {recursive: true})
    writeFileSync(join(directory, name), text)
  }
  return loadNodes(directory, deriveIdentity('haos'))
}

const node = (serial: string) => `match: {serial: ${serial}}\n`

test('only files of nodes are read, in the order of their names, whatever the case of their endings', () => {
  const nodes = load({
    ...{'b.yaml': node('b'), 'A.YML': node('a'), 'c.JSON': '{"match": {"serial": "c"}}', 'README.md': 'match: x'},
    ...{'.git/config.yaml': 'x', '.hidden.yaml': 'x', 'notes.txt': '}', 'pictures/rack.png': '', 'b.yaml~': 'x'},
  })
  expect(nodes.map(({name}) => name)).toEqual(['A.YML', 'b.yaml', 'c.JSON'])
})

test('files of nodes in a directory below are refused by name, because they would not be read', () => {
  expect(() => load({'a.yaml': node('a'), 'rack1/b.yaml': node('b')})).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/rack1 would not be read, such as b\.yaml/),
    }),
  )
})

test('a directory without a file of nodes is refused', () => {
  expect(() => load({'README.md': ''})).toThrow(expect.objectContaining({message: expect.stringContaining('no nodes')}))
})

test('two files for one machine, by MAC addresses in different spellings, are refused with both names', () => {
  const of = (mac: string) => `match: {mac: "${mac}"}\n`
  expect(() => load({'a.yaml': of('52-54-00-AB-CD-EF'), 'b.yaml': of('52:54:00:ab:cd:ef')})).toThrow(
    expect.objectContaining({
      details: expect.objectContaining({
        problems: [expect.objectContaining({message: expect.stringContaining('a.yaml and b.yaml are for the same')})],
      }),
    }),
  )
})
