import {readdirSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {PowerCut, ProgramHost} from '../../test/program-host.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import type {ConfigFiles} from '../config/config-files.ts'
import {configFilesOf} from '../config/config-files-of.ts'
import {readConfig} from '../config/read-config.ts'
import {encodeUtf8} from '../text/utf8.ts'
import {filesWith, usePartSet, writePartSet} from './part-set.ts'

const identity = deriveIdentity('haos')

/** Parts that set the same keys, in other files. */
const selectionOf = (text: 'old' | 'new') => {
  const last = text === 'old' ? '50-3-config-node.edge-1.yaml' : '60-0-config-all.yaml'
  const files = {
    '50-0-config-all.yaml': `hostname: ${text}`,
    '50-1-config-agent.yaml': `haos: {modules: [${text}]}`,
    [last]: `haos: {token: ${text}}`,
  }
  return {
    files: new Map(Object.entries(files).map(([name, content]) => [name, encodeUtf8(content)])),
    keys: [],
    problems: [],
  }
}

/** A node with the old parts, on which the new ones can be placed. */
function nodeWithParts() {
  const root = scratchDirectory()
  const node = new ProgramHost(root)
  const write = (text: 'old' | 'new') => writePartSet(node, identity, selectionOf(text), `digest of ${text}`)
  usePartSet(node, identity, write('old'))
  const before = node.changes
  const valuesIn = (files: ConfigFiles) => {
    const {hostname, node: section} = readConfig(files, {identity, cmdline: ''}).config
    return [hostname, ...(section.modules ?? []), section.token].join()
  }
  return {root, node, write, before, valuesIn, values: () => valuesIn(configFilesOf(node))}
}

test('all parts change together: a power cut at any change leaves the old ones or the new ones', () => {
  const whole = nodeWithParts()
  usePartSet(whole.node, identity, whole.write('new'))
  const found = new Set<string>()
  for (let cutAt = whole.before; cutAt < whole.node.changes; cutAt++) {
    const {node, write, values} = nodeWithParts()
    node.cutAt = cutAt
    expect(() => usePartSet(node, identity, write('new'))).toThrow(PowerCut)
    found.add(values())
  }
  expect([...found]).toEqual(['old,old,old', 'new,new,new'])
  expect(readdirSync(join(whole.root, 'var/lib/rancher/haos/cluster-config'))).toHaveLength(1)
})

test('a set can be read before it counts, and its absence', () => {
  const {node, write, values, valuesIn} = nodeWithParts()
  expect([valuesIn(filesWith(node, identity, write('new'))), values()]).toEqual(['new,new,new', 'old,old,old'])
  expect(valuesIn(filesWith(node, identity, undefined))).toBe(',')
})
