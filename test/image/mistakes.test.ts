import {expect, test} from 'vitest'
import {deriveIdentity, nodeConfigJsonSchema} from '#dsl'
import {readOneConfig} from '#runtime'
import {mistaken, mistakes} from './mistakes.ts'

test('each key of the schema has a mistake', () => {
  const named = mistaken.map((path) => path.replace(/\[.*$/, '').replace(/(?<=^write_files|^boot_manifests)\..*$/, ''))
  const identity = deriveIdentity('haos')
  const keys = keysOf(nodeConfigJsonSchema(identity))
  expect(new Set(named.filter((path) => path !== 'hostnam'))).toEqual(new Set(keys))
})

test('the reader reports each mistake that can be detected without a node', () => {
  const {problems} = readOneConfig('config.yaml', mistakes('http://x.example/a.yaml'), deriveIdentity('haos'))
  const onNode = ['init_cmd[0]', 'haos.modules[0]', 'haos.sysctls[kernel.no_such]']
  expect(problems.map(({path}) => path).sort()).toEqual(mistaken.filter((path) => !onNode.includes(path)).sort())
})

/** The keys of all sections, without the alternative spellings for editors. */
function keysOf(schema: object, path = ''): string[] {
  const properties: unknown = Reflect.get(schema, 'properties')
  if (typeof properties !== 'object' || properties === null) return []
  return Object.entries(properties).flatMap(([key, value]: [string, object]) => {
    if ('deprecated' in value) return []
    const below = keysOf(value, `${path}${key}.`)
    return below.length > 0 ? below : [`${path}${key}`]
  })
}
