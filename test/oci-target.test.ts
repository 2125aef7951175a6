import {join, posix} from 'node:path'
import {expect, test} from 'vitest'
import * as z from 'zod'
import type {ImageRecipe} from '#dsl'
import type {Target} from '#image'
import {isoTarget, ociTarget} from '#targets'
import quickStart from '../haos.build.ts'
import haos from '../recipes/haos.ts'
import rke2os from '../recipes/rke2os.ts'
import {planInvented} from './invented-plan.ts'

const root = join(import.meta.dirname, '..')

const OciOptions = z.object({
  entrypoint: z.array(z.string()),
  files: z.array(z.object({file: z.string(), path: z.string(), mode: z.int()})),
  release: z.string(),
  program: z.array(z.string()),
  texts: z.record(z.string(), z.string()),
  links: z.record(z.string(), z.string()),
})
const IsoOptions = z.object({paths: z.array(z.string()), links: z.record(z.string(), z.string())})

async function optionsOf<Options>(schema: z.ZodType<Options>, kind: string, recipe: ImageRecipe, target: Target) {
  const spec = recipe.resolve({set: {}, arch: 'amd64'})
  const plan = await planInvented({spec, arch: 'amd64', target, recipe: 'haos.build.ts', directory: root})
  return schema.parse(plan.steps.find((step) => step.kind === kind)?.options)
}

test.each([
  ['the quick start', quickStart, 'haos'],
  ['HAOS', haos, 'haos'],
  ['rke2OS', rke2os, 'rke2os'],
])(
  'the system directory of the image for containers of %s is that of its ISO, without the config',
  async (_, recipe, name) => {
    const image = await optionsOf(OciOptions, 'oci-archive', recipe, ociTarget)
    const iso = await optionsOf(IsoOptions, 'iso9660', recipe, isoTarget)
    const inSystem = (path: string) => path.startsWith(`${name}/system/`)

    const placed = new Map(image.files.map(({path, file}) => [path, `${name}/system/${file}`]))
    const leadTo = Object.entries(image.links).map(
      ([path, target]) => [path, posix.join(posix.dirname(path), target)] as const,
    )
    const asOnMedium = leadTo.flatMap(([path, target]) => (placed.has(target) ? [path] : []))
    expect([...asOnMedium, image.release].sort()).toEqual(iso.paths.filter(inSystem).sort())
    expect(leadTo.filter(([path, target]) => placed.has(target) && placed.get(target) !== path)).toEqual([])
    expect(Object.fromEntries(Object.entries(image.links).filter(([path]) => !asOnMedium.includes(path)))).toEqual(
      iso.links,
    )
    expect(Object.keys(image.texts)).toEqual([posix.join(posix.dirname(image.release), 'layers')])
    // Of no file does the place change with the version.
    expect(image.files.filter(({path}) => /\d\.\d/.test(path))).toEqual([])
  },
)

test.each([
  ['haos', haos],
  ['rke2os', rke2os],
])('the container of %s runs the program of that name', async (name, recipe) => {
  const {entrypoint, program} = await optionsOf(OciOptions, 'oci-archive', recipe, ociTarget)
  expect([entrypoint, program[0]]).toEqual([[name], `bin/${name}`])
})
