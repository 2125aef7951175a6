import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import type {Arch, ImageRecipe} from '#dsl'
import {nodeHttp} from '#engine'
import {loadIndexes, loadKeyRing, parseRepository, solvePackages, sources} from '#sources'
import {imageRequests} from '../image/lock/image-requests.ts'
import {writeRepository} from '../test/alpine/testing-repository.ts'
import {scratchDirectory} from '../test/scratch.ts'
import haosRecipe from './haos.ts'
import {haosPackages, haosPackagesFor} from './haos-packages.ts'
import rke2osRecipe from './rke2os.ts'

const indexes = join(import.meta.dirname, '../../shared/alpine/indexes')
const alpineSource = sources.find(({kind}) => kind === 'alpine')

/** All requests of an image to Alpine, by purpose. */
function requestsOf(recipe: ImageRecipe, arch: Arch = 'amd64') {
  const spec = recipe.resolve({set: {kernel: 'alpine'}, arch})
  if (!alpineSource) throw new Error('there is no Alpine')
  return imageRequests(spec, alpineSource.wellKnown(arch))
}

test('the list of HAOS has 66 names', () => {
  expect(new Set(haosPackages).size).toBe(66)
})

/** Reads repositories of a release, and returns a solver for them. */
async function loadRelease(repositories: readonly string[], {keys, arch = 'x86_64'}: {keys: string; arch?: string}) {
  const {index, tags} = await loadIndexes(repositories.map(parseRepository), {
    arch,
    keys: loadKeyRing([keys], arch),
    http: nodeHttp({offline: true}),
    signal: new AbortController().signal,
  })
  return (names: readonly string[]) => solvePackages(index, tags, names).map(({name}) => name)
}

const recipes = [
  ['haos', haosRecipe],
  ['rke2os', rke2osRecipe],
] as const

test.each(recipes)('the requests of %s can be resolved together if each name is a package', async (_, recipe) => {
  const {base, kernel, boot} = requestsOf(recipe)
  const requests = [base, kernel, boot].flatMap(({names}) => names)
  const directory = scratchDirectory()
  const names = new Set(requests.map((request) => request.replace(/[<>=~@].*$/, '')))
  const keys = writeRepository(
    directory,
    [...names].map((name) => ({name})),
  )
  const solve = await loadRelease([directory], {keys})

  expect(solve(requests).sort()).toEqual([...names].sort())
  expect(kernel.names).toContain('linux-lts')
  expect(boot.names).toEqual(expect.arrayContaining(['grub-bios', 'grub-efi', 'busybox-static']))
})

test('HAOS adds only an interpreter and the base system to its list', () => {
  const {base} = requestsOf(haosRecipe)
  const more = base.names.filter((name) => !haosPackages.some((listed) => listed === name))

  expect(more).toEqual([
    'alpine-baselayout',
    'alpine-keys',
    'alpine-release',
    'apparmor',
    'busybox',
    'busybox-suid',
    'dhcpcd',
    'ethtool',
    'kmod',
    'quickjs',
    'sfdisk',
  ])
})

describe.skipIf(!existsSync(indexes))('in the full indexes of a release (../shared/alpine)', () => {
  const load = (release: string, names: readonly string[], arch: string) =>
    loadRelease(
      names.map((name) => join(indexes, release, name)),
      {keys: join(indexes, '../keys'), arch},
    )

  test.each(recipes)(
    'all packages of %s can be resolved together, as can those of its kernel and its boot loader',
    async (_, recipe) => {
      const solve = await load('3.19', ['main', 'community'], 'x86_64')
      const {base, kernel, boot} = requestsOf(recipe)
      const chosen = solve(base.names)

      expect(chosen).toEqual(expect.arrayContaining([...haosPackages.filter((name) => name !== 'openssh-client')]))
      expect(chosen).toEqual(expect.arrayContaining(['quickjs', 'connman', 'openrc', 'openssh-client-default']))
      expect(solve(kernel.names)).toContain('linux-lts')
      expect(solve(boot.names)).toEqual(expect.arrayContaining(['grub-bios', 'grub-efi', 'busybox-static']))
    },
  )

  test('the packages excluded for arm64 are those that Alpine does not have for it', async () => {
    const solve = await load('3.17', ['main'], 'aarch64')
    const has = (name: string) => {
      try {
        return solve([name]).length > 0
      } catch {
        return false
      }
    }
    // The other repository of this release is not recorded.
    const inMain = haosPackagesFor('arm64').filter(has)

    expect(inMain.length).toBeGreaterThan(50)
    expect(haosPackages.filter((name) => !haosPackagesFor('arm64').includes(name)).filter(has)).toEqual([])
  })
})

test.each([
  ['haos', haosRecipe, 'k3s', 'haos.mode=live'],
  ['rke2os', rke2osRecipe, 'rke2', 'rke2os.mode=live'],
])('%s uses its own name everywhere', (name, recipe, kubernetes, argument) => {
  const spec = recipe.resolve({set: {}, arch: 'amd64'})

  expect(spec).toMatchObject({
    name,
    identity: {name, kubernetes, systemDir: `/${name}/system`},
    base: {kind: 'alpine', release: 'v3.23'},
    kernel: {from: {kind: 'debian'}},
    kubernetes: {kind: kubernetes, ship: 'embedded'},
  })
  expect(spec.boot.entries[0]?.arguments).toContain(argument)
})

test('the release and the way to ship Kubernetes can be set on the command line', () => {
  expect(haosRecipe.resolve({set: {release: 'v3.19', ship: 'first-boot'}})).toMatchObject({
    base: {release: 'v3.19'},
    kubernetes: {ship: 'first-boot'},
  })
})
