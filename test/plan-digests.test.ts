import {join} from 'node:path'
import {expect, test} from 'vitest'
import type {ImageRecipe, ImageSpec} from '#dsl'
import {digestOf} from '#engine'
import type {Target} from '#image'
import {cloudNames, cloudTarget, targets} from '#targets'
import quickStart from '../haos.build.ts'
import haos from '../recipes/haos.ts'
import rke2os from '../recipes/rke2os.ts'
import bootTest from './image/haos.build.ts'
import {planInvented} from './invented-plan.ts'

const root = join(import.meta.dirname, '..')

const everyTarget: readonly (readonly [string, Target])[] = [
  ...targets.map((target) => [target.kind, target] as const),
  ...cloudNames.map((name) => [`cloud ${name}`, cloudTarget(name)] as const),
]

const recipes: readonly (readonly [string, ImageRecipe, Record<string, string>])[] = [
  ['haos.build.ts', quickStart, {}],
  ['haos.build.ts kubernetes=none', quickStart, {kubernetes: 'none'}],
  ['recipes/haos.ts', haos, {}],
  ['recipes/haos.ts kernel=alpine ship=first-boot', haos, {kernel: 'alpine', ship: 'first-boot'}],
  ['recipes/rke2os.ts', rke2os, {}],
  ['test/image/haos.build.ts', bootTest, {}],
]

test('a plan has the same steps as before, for every recipe, architecture and target', async () => {
  const rows: string[] = []
  for (const [name, recipe, set] of recipes) {
    for (const arch of recipe.resolve({set}).arch) {
      const spec = recipe.resolve({set, arch})
      const directory = name.startsWith('test/') ? join(root, 'test/image') : root
      for (const [kind, target] of everyTarget) {
        const plan = await planInvented({spec, arch, target, recipe: name, directory})
        const ids = plan.steps.map(({id}) => id).sort()
        rows.push(`${digestOf(ids)} ${name} ${arch} ${kind}`)
      }
    }
  }

  await expect(`${rows.join('\n')}\n`).toMatchFileSnapshot('plan-digests.txt')
})

test('an edit of the config of an ISO alters only the last step', async () => {
  const target = targets.find(({kind}) => kind === 'iso')
  if (target === undefined) throw new Error('there is no ISO')
  const plan = (config: ImageSpec['config']) => {
    const spec = {...quickStart.resolve({set: {}, arch: 'amd64'}), config}
    return planInvented({spec, arch: 'amd64', target, recipe: 'haos.build.ts', directory: root})
  }
  const before = await plan({hostname: 'first'})
  const after = await plan({hostname: 'second'})

  const known = new Set(before.steps.map(({id}) => id))
  expect(after.steps.filter(({id}) => !known.has(id)).map(({name}) => name)).toEqual(['iso'])
})
