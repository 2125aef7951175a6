import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {type Arch, debian, defineImage, type ImageRecipe, k3s} from '#dsl'
import {isoTarget} from '#targets'
import quickStart from '../haos.build.ts'
import {planInvented} from './invented-plan.ts'
import {scratchDirectory} from './scratch.ts'

/** Files of Kubernetes on the ISO of a recipe, and their permissions where they are not the usual ones. */
async function filesOf(
  recipe: ImageRecipe,
  set: Record<string, string> = {},
  directory = join(import.meta.dirname, '..'),
) {
  const arch: Arch = 'amd64'
  const plan = await planInvented({
    spec: recipe.resolve({set, arch}),
    arch,
    target: isoTarget,
    recipe: 'haos.build.ts',
    directory,
  })
  const options = plan.steps.find(({name}) => name === 'iso')?.options as {
    paths: string[]
    links: Record<string, string>
    modes: Record<string, string>
  }
  const ours = (path: string) => path.startsWith('haos/system/k3s/')
  return {
    files: options.paths.filter(ours),
    link: options.links['haos/system/k3s/current'],
    modes: Object.fromEntries(Object.entries(options.modes).filter(([path]) => ours(path))),
  }
}

test('the quick start fetches k3s at the first boot, and with ship=embedded contains it', async () => {
  expect(await filesOf(quickStart)).toEqual({files: [], link: undefined, modes: {}})
  expect(await filesOf(quickStart, {ship: 'embedded'})).toEqual({
    files: ['haos/system/k3s/v1.34.3+k3s1/k3s'],
    link: 'v1.34.3+k3s1',
    modes: {'haos/system/k3s/v1.34.3+k3s1/k3s': '0755'},
  })
})

test('archives of container images lie beside the program, whether the image contains that or not', async () => {
  const directory = scratchDirectory()
  writeFileSync(join(directory, 'app.tar'), 'images')
  const image = (more: Partial<Parameters<typeof k3s>[0]>) => {
    const sha256 = {amd64: 'a'.repeat(64)}
    const kubernetes = k3s({version: 'v1.34.3+k3s1', sha256, images: ['app.tar'], ...more})
    return defineImage({name: 'haos', version: '1', base: debian(), kernel: {initrd: ['loop']}, kubernetes})
  }
  const at = (name: string) => `haos/system/k3s/v1.34.3+k3s1/${name}`

  expect((await filesOf(image({airgap: true}), {}, directory)).files).toEqual(
    ['k3s', 'k3s-airgap-images-amd64.tar.zst', 'app.tar'].map(at),
  )
  expect(await filesOf(image({ship: 'first-boot'}), {}, directory)).toEqual({
    files: [at('app.tar')],
    link: 'v1.34.3+k3s1',
    modes: {},
  })
})

test('an archive that is missing is named with its place in the recipe', async () => {
  const kubernetes = k3s({version: 'v1.34.3+k3s1', images: ['images/app.tar']})
  const image = defineImage({name: 'haos', version: '1', base: debian(), kernel: {initrd: ['loop']}, kubernetes})

  await expect(filesOf(image, {}, scratchDirectory())).rejects.toMatchObject({
    code: 'RECIPE_INVALID',
    message: expect.stringContaining('images/app.tar cannot be read'),
    details: {at: 'kubernetes.images[0]'},
  })
})
