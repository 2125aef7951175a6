import {expect, test} from 'vitest'
import {debian, defineImage, HaosError, identity, kernelArgument} from '#dsl'
import {bootMenu} from './boot-menu.ts'

const common = {name: 'edge', version: '1.0.0', base: debian()} as const

test('a menu has the title and the kernel arguments of the product whose image it is in', () => {
  const recipe = defineImage({
    ...common,
    identity: identity('edgeos', {title: 'Edge OS'}),
    boot: bootMenu(),
    // The types include the product's own section.
    config: {hostname: 'edge-1', edgeos: {token: 'secret'}},
  })
  const {boot} = recipe.resolve({set: {}})

  expect(boot.entries.map(({title}) => title)).toEqual([
    'Edge OS live',
    'Edge OS installer',
    'Edge OS rescue shell',
    'Edge OS live, with all messages',
  ])
  expect(boot.entries.flatMap(({arguments: words}) => words).filter((word) => word.includes('.'))).toEqual([
    'edgeos.mode=live',
    'edgeos.mode=install',
    'edgeos.mode=live',
    'edgeos.mode=live',
    'edgeos.debug',
  ])
})

test('a product with another name of its section uses that as prefix', () => {
  const {boot, identity: found} = defineImage({
    ...common,
    identity: identity('edgeos', {section: 'edge'}),
    boot: bootMenu({title: 'Edge'}),
    config: {edge: {token: 'secret'}},
  }).resolve({set: {}})

  expect(found).toMatchObject({name: 'edgeos', section: 'edge', cmdlinePrefix: 'edge.', stateLabel: 'EDGEOS_STATE'})
  expect(boot.entries[1]).toEqual({title: 'Edge installer', arguments: ['edge.mode=install', 'quiet']})
})

test('kernel arguments of another product are refused everywhere, with a hint of the right ones', () => {
  const recipe = defineImage({
    ...common,
    identity: 'edgeos',
    boot: {cmdline: ['haos.debug'], entries: [{title: 'x', arguments: ['quiet', 'rke2os.mode=install']}]},
    parts: [kernelArgument('haos.hostname=x'), kernelArgument('edgeos.debug')],
  })
  const problems = () => {
    try {
      recipe.resolve({set: {}})
    } catch (error) {
      if (error instanceof HaosError) return error.details.problems?.map(({path, hint}) => `${path}: ${hint}`)
      throw error
    }
    return []
  }

  expect(problems()).toEqual([
    'boot.cmdline[0]: Write edgeos.debug.',
    'boot.entries[0].arguments[1]: Write edgeos.mode=install.',
    'parts[0].arguments[0]: Write edgeos.hostname=x.',
  ])
})
