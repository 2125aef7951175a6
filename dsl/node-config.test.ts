import {expect, test} from 'vitest'
import * as z from 'zod'
import {deriveIdentity} from './identity.ts'
import {type JsonSchema, nodeConfigJsonSchema} from './node-config/json-schema.ts'
import {NetworkConfig, NodeConfig, nodeConfigFor} from './node-config.ts'

const haos = deriveIdentity('haos')
const rke2os = deriveIdentity('rke2os')

test('a product has its own section, and the arguments of its Kubernetes', () => {
  expect(nodeConfigFor(haos).safeParse({haos: {k3s_args: ['server']}}).success).toBe(true)
  expect(nodeConfigFor(rke2os).safeParse({rke2os: {rke2_args: ['server']}}).success).toBe(true)
  expect(nodeConfigFor(rke2os).safeParse({rke2os: {k3s_args: ['server']}}).success).toBe(false)
  expect(nodeConfigFor(rke2os).safeParse({haos: {token: 'x'}}).success).toBe(false)
})

test('a broken rule is reported with its path and a hint', () => {
  const {error} = nodeConfigFor(haos).safeParse({haos: {k3s_args: ['server', '--tls-san x'], taints: ['a']}})

  expect(error?.issues).toMatchObject([
    {path: ['haos', 'taints', 0], params: {hint: expect.stringContaining('NoSchedule')}},
    {path: ['haos', 'k3s_args', 1], params: {hint: expect.stringContaining('two items')}},
  ])
})

test('every key of the JSON Schema is described, and no other key is known', () => {
  const schema = nodeConfigJsonSchema(rke2os)
  const undescribed = propertiesOf(schema).filter(([, property]) => typeof property['description'] !== 'string')

  expect(schema['$schema']).toBe('https://json-schema.org/draft/2020-12/schema')
  expect(schema['additionalProperties']).toBe(false)
  expect(undescribed.map(([name]) => name)).toEqual([])
  expect(propertiesOf(schema).map(([name]) => name)).toEqual(
    expect.arrayContaining(['rke2_args', 'sysctl', 'write_file']),
  )
})

/** All properties of a schema, at any depth. */
function propertiesOf(schema: JsonSchema): readonly (readonly [name: string, property: JsonSchema])[] {
  const {properties, anyOf, items} = z
    .object({properties: Nested.optional(), anyOf: z.array(Plain).optional(), items: Plain.optional()})
    .parse(schema)
  return [
    ...Object.entries(properties ?? {}).flatMap(([name, property]) => [
      [name, property] as const,
      ...propertiesOf(property),
    ]),
    ...[...(anyOf ?? []), ...(items ? [items] : [])].flatMap(propertiesOf),
  ]
}

const Plain = z.record(z.string(), z.unknown())
const Nested = z.record(z.string(), Plain)

test.each([
  ['-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----', /private key/],
  ['/etc/ssl/ca.pem', /no certificate/],
  ['-----BEGIN CERTIFICATE-----\nhello\n-----END CERTIFICATE-----', /damaged/],
])('%j is not a certificate of an authority', (text, reason) => {
  const {error} = nodeConfigFor(haos).safeParse({ca_certs: [text]})

  expect(error?.issues).toMatchObject([{path: ['ca_certs', 0], message: expect.stringMatching(reason)}])
})

test("the schemas of long sections are built when they are needed, not at each start of the node's program", () => {
  const built = schemasBelow(NodeConfig, new Set())

  expect(built.size).toBeLessThan(200)
  expect(schemasBelow(NetworkConfig._zod.innerType, new Set()).size).toBeGreaterThan(400)
})

/** The schemas that a schema consists of, without those that are lazy. */
function schemasBelow(value: unknown, found: Set<unknown>): Set<unknown> {
  if (typeof value !== 'object' || value === null || found.has(value)) return found
  const isSchema = value instanceof z.core.$ZodType
  if (isSchema) found.add(value)
  // It keeps what it has built.
  if (value instanceof z.core.$ZodLazy) return found
  const parts = isSchema ? value._zod.def : value
  for (const part of Object.values(parts))
    if (part instanceof z.core.$ZodType || (isSchema && typeof part === 'object')) schemasBelow(part, found)
  return found
}
