import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {Ajv, type AnySchema} from 'ajv'
import {load, loadAll} from 'js-yaml'
import {describe, expect, test} from 'vitest'
import * as z from 'zod'
import {Cluster, type ClusterInput, deriveIdentity} from '#dsl'
import {goModule} from '../test/go-module.ts'
import {validateObject} from '../test/validate-object.ts'
import {type ClusterManifestsOptions, clusterManifests} from './cluster-manifests.ts'
import type {KubernetesObject} from './kubernetes-object.ts'
import {renderManifests} from './render-manifests.ts'
import {planDefinition} from './upgrade/plan-definition.ts'

const digest = `@sha256:${'a'.repeat(64)}`
const controller = {
  image: `rancher/system-upgrade-controller:v0.20.1${digest}`,
  kubectl: `rancher/kubectl:v1.30.3${digest}`,
}

function manifests(
  {product = 'haos', ...options}: Partial<ClusterManifestsOptions> & {readonly product?: string} = {},
  cluster: Partial<ClusterInput> = {},
) {
  return clusterManifests({
    identity: deriveIdentity(product),
    cluster: Cluster.parse({image: 'registry.example.com/haos', controller, ...cluster}),
    version: '1.4.0+b2',
    from: {channel: 'https://releases.example.com/stable'},
    ...options,
  })
}

const Plan = z.looseObject({
  metadata: z.object({name: z.string(), annotations: z.record(z.string(), z.string())}),
  spec: z.looseObject({
    nodeSelector: z.object({
      matchExpressions: z.array(
        z.object({key: z.string(), operator: z.string(), values: z.array(z.string()).optional()}),
      ),
    }),
    prepare: z.object({image: z.string(), args: z.array(z.string())}),
    upgrade: z.looseObject({image: z.string(), args: z.array(z.string())}),
  }),
})
const plansOf = (objects: readonly KubernetesObject[]) =>
  objects.filter(({kind}) => kind === 'Plan').map((object) => Plan.parse(object))

const everything = [
  ...Object.values(manifests({legacy: true})).flat(),
  ...Object.values(manifests({product: 'rke2os', from: {version: '1.4.0'}}, {drain: false})).flat(),
  ...manifests({}, {drain: {disableEviction: true, timeout: '10m', gracePeriod: 30}}).plans,
]

test('every object matches the OpenAPI schema of its kind', () => {
  const others = everything.filter(({kind}) => kind !== 'Plan')
  expect(others.length).toBeGreaterThan(20)
  for (const object of others) expect(() => validateObject(object)).not.toThrow()
})

test('the schemas find a mistake', () => {
  const [daemon] = manifests().config.filter(({kind}) => kind === 'DaemonSet')
  expect(() => validateObject({...daemon, spec: {selector: {}}} as unknown as KubernetesObject)).toThrow('template')
})

/** Checks as the API server does: unknown fields are mistakes unless the schema keeps them. */
function planValidator(schema: AnySchema) {
  const closed = JSON.parse(JSON.stringify(schema), (_, value) =>
    value?.type === 'object' &&
    value.properties !== undefined &&
    !('additionalProperties' in value) &&
    !value['x-kubernetes-preserve-unknown-fields']
      ? {...value, additionalProperties: false}
      : value,
  )
  closed.properties.metadata = {type: 'object'}
  return new Ajv({strict: false, formats: {int64: true, int32: true, 'date-time': true}}).compile(closed)
}

const ownSchema = planDefinition.spec.versions[0]?.schema.openAPIV3Schema

test('every Plan matches the definition of Plans', () => {
  const validate = planValidator(ownSchema ?? {})
  for (const plan of everything.filter(({kind}) => kind === 'Plan'))
    expect([validate(plan), validate.errors]).toEqual([true, null])
  expect(validate({spec: {upgrade: {image: 'x', arguments: []}}})).toBe(false)
})

const upstream = goModule('github.com/rancher/system-upgrade-controller@v0.20.1')

describe.skipIf(upstream === undefined)(`the controller's own files (${upstream ? 'v0.20.1' : 'without go'})`, () => {
  const read = (path: string) => readFileSync(join(upstream ?? '', path), 'utf8')

  test('its definition of Plans accepts every Plan, and has no field that ours lacks', () => {
    const definition = z
      .object({spec: z.object({versions: z.array(z.object({schema: z.object({openAPIV3Schema: z.any()})}))})})
      .parse(load(read('pkg/crds/yaml/generated/upgrade.cattle.io_plans.yaml')))
    const schema = definition.spec.versions[0]?.schema.openAPIV3Schema
    const validate = planValidator(schema)
    for (const plan of everything.filter(({kind}) => kind === 'Plan'))
      expect([validate(plan), validate.errors]).toEqual([true, null])
    const fields = (from: typeof schema) => Object.keys(from.properties.spec.properties).sort()
    expect(fields(ownSchema)).toEqual(fields(schema))
  })

  test('the controller may do no more than by its own manifests', () => {
    const Rules = z.looseObject({
      kind: z.string(),
      rules: z.array(
        z.object({apiGroups: z.array(z.string()), resources: z.array(z.string()), verbs: z.array(z.string())}),
      ),
    })
    const permissions = (objects: readonly unknown[]) =>
      objects.flatMap((object) => {
        const {success, data} = Rules.safeParse(object)
        if (!success) return []
        return data.rules.flatMap(({apiGroups, resources, verbs}) =>
          apiGroups.flatMap((group) => resources.flatMap((name) => verbs.map((verb) => `${group}/${name} ${verb}`))),
        )
      })
    const given = new Set(permissions(loadAll(read('manifests/clusterrole.yaml'))))
    expect(permissions(manifests().controller).filter((permission) => !given.has(permission))).toEqual([])
  })
})

test('servers are selected by either label and agents by neither, and all only if asked and installed', () => {
  const selectors = Object.fromEntries(
    plansOf(manifests().plans).map(({metadata, spec}) => [
      metadata.name,
      spec.nodeSelector.matchExpressions.map(({key, operator, values}) => [key, operator, ...(values ?? [])].join(' ')),
    ]),
  )
  const asked = [
    'haos.io/upgrade Exists',
    'haos.io/upgrade NotIn disabled',
    'haos.io/mode Exists',
    'haos.io/mode NotIn live',
  ]
  expect(selectors).toEqual({
    'haos-servers': [...asked, 'node-role.kubernetes.io/control-plane Exists'],
    'haos-masters': [
      ...asked,
      'node-role.kubernetes.io/master Exists',
      'node-role.kubernetes.io/control-plane DoesNotExist',
    ],
    'haos-agents': [
      ...asked,
      'node-role.kubernetes.io/control-plane DoesNotExist',
      'node-role.kubernetes.io/master DoesNotExist',
    ],
  })
})

test('a node with an old label is upgraded by one Plan, and agents wait for the servers of every Plan', () => {
  const plans = plansOf(manifests({legacy: true}).plans)
  expect(plans.map(({metadata}) => metadata.name)).toEqual([
    ...['haos-servers', 'haos-masters', 'haos-agents', 'haos-legacy-servers', 'haos-legacy-masters'],
    ...['haos-legacy-agents', 'haos-legacy-2-servers', 'haos-legacy-2-masters', 'haos-legacy-2-agents'],
  ])
  const keys = (index: number) =>
    plans[index]?.spec.nodeSelector.matchExpressions.slice(0, 4).map(({key, operator}) => `${key} ${operator}`)
  expect(keys(3)).toEqual([
    'plan.upgrade.cattle.io/haos-latest Exists',
    'plan.upgrade.cattle.io/haos-latest NotIn',
    'haos.io/upgrade DoesNotExist',
    'haos.io/mode Exists',
  ])
  expect(keys(6)?.slice(0, 4)).toEqual([
    'plan.upgrade.cattle.io/HAOS-latest Exists',
    'plan.upgrade.cattle.io/HAOS-latest NotIn',
    'haos.io/upgrade DoesNotExist',
    'plan.upgrade.cattle.io/haos-latest DoesNotExist',
  ])
  expect(plans.map(({spec}) => spec.prepare.args.length - 1)).toEqual([0, 1, 6, 2, 3, 6, 4, 5, 6])
})

test('a title that cannot be in a label has no Plans of its own', () => {
  const {plans} = manifests({identity: deriveIdentity('edge', {title: 'Edge & Co'}), legacy: true})
  expect(plansOf(plans).map(({metadata}) => metadata.name)).toEqual([
    ...['edge-servers', 'edge-masters', 'edge-agents'],
    ...['edge-legacy-servers', 'edge-legacy-masters', 'edge-legacy-agents'],
  ])
})

test('the job of a node gets the arguments of the original, and a change of image or arguments runs it again', () => {
  const [plan] = plansOf(manifests({product: 'rke2os'}).plans)
  expect(plan?.spec.upgrade).toEqual({
    image: 'registry.example.com/haos',
    command: ['rke2os'],
    args: [
      'upgrade',
      '--kernel',
      '--rootfs',
      '--remount',
      '--sync',
      '--reboot',
      '--lock-file=/host/run/rke2os/upgrade.lock',
      '--source=/rke2os/system',
      '--destination=/host/rke2os/system',
    ],
  })
  expect(plan?.metadata.annotations).toEqual({'upgrade.cattle.io/digest': 'spec.upgrade,spec.prepare'})
})

test('without a channel or a version there are no Plans, and nothing names a server of ours', () => {
  const {plans, controller, config} = manifests({from: undefined})
  expect(plans).toEqual([])
  expect(JSON.stringify([controller, config])).not.toMatch(/https?:/)
})

test('the pods for configuration run the version of the image, and may ask the cluster nothing', () => {
  const {config} = manifests()
  expect(JSON.stringify(config)).toContain('"image":"registry.example.com/haos:1.4.0-b2"')
  expect(config.map(({kind}) => kind)).toEqual(['Namespace', 'ServiceAccount', 'DaemonSet'])
  expect(manifests({}, {configuration: false}).config).toEqual([])
})

test('the images of the controller are named by digest', () => {
  expect(JSON.stringify(manifests().controller).match(/rancher\/[^"]*/g)).toEqual([
    controller.image,
    controller.kubectl,
  ])
  expect(() => manifests({}, {controller: {...controller, kubectl: 'rancher/kubectl:v1.30.3'}})).toThrow(
    'must have a digest: append the \\"@sha256:…\\" that `skopeo inspect',
  )
})

test('the YAML reads as the same objects', () => {
  const objects = Object.values(manifests({legacy: true})).flat()
  expect(loadAll(renderManifests(objects))).toEqual(JSON.parse(JSON.stringify(objects)))
})
