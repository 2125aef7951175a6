import {expect, test} from 'vitest'
import {type ClusterInput, debian, defineImage} from '#dsl'
import {clusterNodes} from './cluster-nodes.ts'

const digest = `@sha256:${'a'.repeat(64)}`
const controller = {
  image: `rancher/system-upgrade-controller:v0.20.1${digest}`,
  kubectl: `rancher/kubectl:v1.30.3${digest}`,
}

function manifests(options: ClusterInput | undefined) {
  const cluster = options && {controller, ...options}
  const image = {name: 'edge', version: '1.0', identity: 'rke2os' as const, base: debian(), ...(cluster && {cluster})}
  const nodes = clusterNodes(defineImage(image).resolve({set: {}}))
  return Object.fromEntries(
    nodes.map((node) => [node.path, node.type === 'file' && 'text' in node.content ? node.content.text : '']),
  )
}

const directory = '/usr/share/rancher/rke2/server/manifests'

test('an image has the manifests where the originals have them, and one of them has the namespace', () => {
  const found = manifests({image: 'registry.example.com/rke2os', channel: 'https://releases.example.com/stable'})
  expect(Object.keys(found)).toEqual([
    `${directory}/system-upgrade-controller.yaml`,
    `${directory}/system-upgrade-plans/rke2os-latest.yaml`,
    `${directory}/rke2os-config.yaml`,
  ])
  expect(Object.values(found).map((text) => text.includes('kind: Namespace'))).toEqual([true, false, false])
})

test('nodes with old labels are upgraded if the recipe says so', () => {
  const found = manifests({
    image: 'registry.example.com/rke2os',
    channel: 'https://releases.example.com/stable',
    legacyLabels: true,
  })
  expect(found[`${directory}/system-upgrade-plans/rke2os-latest.yaml`]).toContain(
    'plan.upgrade.cattle.io/rke2os-latest',
  )
})

test('without a channel an image has no Plans, and without `cluster` nothing', () => {
  const image = 'registry.example.com/rke2os'
  expect(Object.keys(manifests({image, configuration: false}))).toEqual([`${directory}/system-upgrade-controller.yaml`])
  expect(manifests(undefined)).toEqual({})
})

test('an image has no controller whose digest nobody knows', () => {
  const problem = {
    path: 'cluster.controller',
    message: expect.stringContaining('name the images of the system-upgrade-controller with their digests'),
  }
  expect(() => manifests({image: 'registry.example.com/rke2os', controller: undefined})).toThrow(
    expect.objectContaining({details: expect.objectContaining({problems: [problem]})}),
  )
})
