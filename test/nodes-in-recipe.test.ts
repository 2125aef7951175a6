import {expect, test} from 'vitest'
import {debian, defineImage, type ImageInput} from '#dsl'
import {base, bootMenu, nodeKernel} from '#recipes'
import {readNodesFile} from '#runtime'
import {targets} from '#targets'
import {checkNodes} from '../bin/check-nodes.ts'
import {planInvented} from './invented-plan.ts'

const specOf = (nodes: NonNullable<ImageInput['nodes']>) =>
  defineImage({
    ...{name: 'haos', version: '1', base: debian(), kernel: nodeKernel(), boot: bootMenu(), parts: [base()]},
    nodes,
  }).resolve({set: {}})

test.each(['iso', 'disk'])('the nodes of a recipe are on its %s, in the form that a machine reads', async (kind) => {
  const spec = specOf([
    {match: {serial: 'A'}, config: {hostname: 'a-${index}', haos: {install: {silent: true}}}},
    {match: {mac: ['52-54-00-12-34-56']}},
  ])
  checkNodes(spec)
  const target = targets.find((each) => each.kind === kind)
  if (target === undefined) throw new Error(`there is no target ${kind}`)
  const plan = await planInvented({spec, arch: 'amd64', target, recipe: 'haos.build.ts', directory: '/'})
  const [, text = ''] = /"[^"]*haos\/system\/nodes":("(?:[^"\\]|\\.)*")/.exec(JSON.stringify(plan)) ?? []
  const file = readNodesFile(Buffer.from(JSON.parse(text)))

  expect(file.nodes).toEqual([
    {name: 'nodes[0]', match: {serial: ['a']}},
    {name: 'nodes[1]', match: {mac: ['52:54:00:12:34:56']}},
  ])
  expect([0, 1].map((index) => file.configOf(index))).toEqual([
    {hostname: 'a-${index}', haos: {install: {silent: true}}},
    {},
  ])
})

test('mistakes in the nodes of a recipe are named by their paths', () => {
  const nodes = [{match: {serial: 'A'}, config: {hostname: '${name}'}}, {match: {serial: 'a'}}]
  expect(() => checkNodes(specOf(nodes))).toThrow(
    expect.objectContaining({
      code: 'RECIPE_INVALID',
      details: expect.objectContaining({
        problems: [
          expect.objectContaining({path: 'nodes[0].config.hostname', message: expect.stringContaining('${name}')}),
          expect.objectContaining({message: expect.stringContaining('nodes[0] and nodes[1]')}),
        ],
      }),
    }),
  )
  expect(() => specOf([{match: {}}])).toThrow(expect.objectContaining({code: 'RECIPE_INVALID'}))
})
