import {existsSync, readFileSync} from 'node:fs'
import {readdir, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import * as z from 'zod'
import {HaosError} from '#dsl'
import {indexText} from '../../../test/alpine/testing.ts'
import {PackageIndex} from '../index/package-index.ts'
import {readIndex} from '../index/read-index.ts'
import {RepositoryTags} from './repository-tags.ts'
import {solvePackages} from './solve-packages.ts'

/** Solves over small indexes, one for each repository, each a list of packages as `name version | field …`. */
function solve(
  requests: string,
  packages: readonly string[],
  tagged: Readonly<Record<string, readonly string[]>> = {},
) {
  const repositories = [
    {tag: undefined, packages},
    ...Object.entries(tagged).map(([tag, list]) => ({tag, packages: list})),
  ]
  const index = new PackageIndex(
    repositories.map(({tag, packages: list}) => ({text: indexText(list), origin: tag ?? 'main'})),
  )
  const solution = solvePackages(index, new RepositoryTags(repositories.map(({tag}) => tag)), requests.split(' '))
  return solution.map(({name, version}) => `${name}-${version}`).join(' ')
}

function failure(run: () => unknown): HaosError {
  try {
    run()
  } catch (error) {
    if (error instanceof HaosError) return error
    throw error
  }
  throw new Error('there is a solution')
}

describe('choice and order are those of apk 2.14.4', () => {
  test.each([
    ['a dependency comes first', 'a', ['a 1|D:b', 'b 1'], 'b-1 a-1'],
    ['the newest version wins', 'a', ['a 1', 'a 1.10', 'a 1.9'], 'a-1.10'],
    ['a constraint of one package moves another', 'a b', ['a 1|D:b<2', 'b 1', 'b 2'], 'b-1 a-1'],
    ['a shared library is taken from who provides it', 'a', ['a 1|D:so:b.so.1', 'b 2|p:so:b.so.1=1'], 'b-2 a-1'],
    ['priority decides who plays a role', 'r', ['a 1|k:10|p:r', 'b 1|k:20|p:r'], 'b-1'],
    ['what is wanted anyway plays a role without priority', 'a r', ['a 1|p:r', 'b 1|p:r'], 'a-1'],
    ['!name keeps a package out', 'r !b', ['a 1|p:r=1', 'b 1|p:r=2'], 'a-1'],
    ['install_if brings a package once all are there', 'a b', ['a 1', 'b 1', 'c 1|i:a b', 'd 1|i:a e'], 'a-1 b-1 c-1'],
    ['install_if waits for a version', 'a', ['a 1', 'c 1|i:a=2'], 'a-1'],
    ['install_if sees what is provided', 'p2', ['p2 1|p:v0=1', 'p7 1|i:v0'], 'p2-1 p7-1'],
    ['but not under the name that was asked for', 'v0', ['p2 1|p:v0=1', 'p7 1|i:v0'], 'p2-1'],
    ['unless something else has led there', 'v0 p3', ['p2 1|p:v0=1', 'p3 1', 'p7 1|i:v0 p3'], 'p3-1 p2-1 p7-1'],
    ['packages that need each other end', 'a', ['a 1|D:b', 'b 1|D:a'], 'b-1 a-1'],
    ['what comes by itself follows its last reason', 'z', ['z 1|D:a b', 'a 1', 'b 1', 'y 1|i:a'], 'a-1 y-1 b-1 z-1'],
  ])('%s', (_, requests, packages, expected) => {
    expect(solve(requests, packages)).toBe(expected)
  })

  test('a tagged repository is used only for requests with its tag, and for their dependencies', () => {
    const edge = {edge: ['a 2|D:b>1', 'b 2', 'c 2']}

    expect(solve('a', ['a 1', 'b 1'], edge)).toBe('a-1')
    expect(solve('a@edge', ['a 1', 'b 1'], edge)).toBe('b-2 a-2')
    expect(failure(() => solve('c', ['a 1'], edge)).message).toContain('c-2 is only in the tagged repository @edge')
  })
})

describe('a world without a solution is explained', () => {
  test('an unknown name is reported with a suggestion', () => {
    expect(failure(() => solve('opensh', ['openssh 1']))).toMatchObject({
      code: 'PACKAGE_NOT_FOUND',
      message: 'opensh is in none of the repositories; required by the request (opensh)',
      hint: 'Did you mean openssh?',
    })
  })

  test('a missing version is reported with the available ones', () => {
    expect(failure(() => solve('a', ['a 1|D:b>2', 'b 1']))).toMatchObject({
      code: 'PACKAGE_CONFLICT',
      message: 'b-1 does not satisfy a-1 (b>2)',
      hint: 'Change or leave out what requires another version; available: b-1.',
    })
  })

  test('a virtual package without a preferred provider is reported with its providers', () => {
    expect(failure(() => solve('r', ['a 1|p:r', 'b 1|p:r'])).message).toBe(
      'r is a virtual package with several providers, none of which is preferred (a, b); required by the request (r)',
    )
  })

  test('two packages that provide one name are both named', () => {
    expect(
      failure(() => solve('a b', ['a 1|p:r=1', 'b 1|p:r=1'])).details.problems?.map(({message}) => message),
    ).toEqual([
      'conflicts with b-1 (both provide r); required by the request (a)',
      'conflicts with a-1 (both provide r); required by the request (b)',
    ])
  })

  test('an unknown tag and an invalid name are refused', () => {
    expect(failure(() => solve('a@ege', ['a 1'], {edge: []})).hint).toBe('Did you mean @edge?')
    expect(failure(() => solve('a=nonsense', ['a 1'])).code).toBe('INPUT_INVALID')
  })
})

test('a chain of 20 000 dependencies is solved without running out of stack', () => {
  const chain = Array.from({length: 20_000}, (_, number) => `p${number} 1|D:p${number + 1}`)

  expect(solve('p0', [...chain, 'p20000 1']).startsWith('p20000-1 p19999-1 ')).toBe(true)
})

const shared = join(import.meta.dirname, '../../../../shared')
const recorded = join(shared, 'oracle/apk-solver')
const Cases = z.array(
  z.object({
    id: z.string(),
    index: z.string(),
    arch: z.string(),
    world: z.array(z.string()),
    ok: z.boolean(),
    install: z.array(z.string()).optional(),
    tags: z.record(z.string(), z.string()).optional(),
  }),
)

test.skipIf(!existsSync(recorded))(
  'every recorded world has the same solution as in apk 2.14.4 (../shared/oracle/apk-solver)',
  async () => {
    const files = await readdir(recorded)
    const cases = await Promise.all(
      files.map(async (file) => Cases.parse(JSON.parse(await readFile(join(recorded, file), 'utf8')))),
    )
    const indexes = new Map<string, PackageIndex>()
    const answers = cases.flat().map(({id, index, arch, world, ok, install, tags}) => {
      const repositories = ['main', 'community'].filter((name) =>
        existsSync(join(shared, 'alpine/indexes', index, name)),
      )
      const known = indexes.get(index) ?? new PackageIndex(repositories.map((name) => recordedIndex(index, name, arch)))
      indexes.set(index, known)
      const expected = ok ? install?.join(' ') : 'no solution'
      try {
        const solution = solvePackages(known, new RepositoryTags(repositories.map((name) => tags?.[name])), world)
        return {id, expected, got: solution.map(({name, version}) => `${name}-${version}`).join(' ')}
      } catch (error) {
        if (!(error instanceof HaosError)) throw error
        return {id, expected, got: 'no solution'}
      }
    })
    const agreed = answers.filter(({expected, got}) => expected === got)
    console.log(`apk-solver: ${agreed.length} of ${answers.length} recorded worlds agree`)

    expect(answers.filter(({expected, got}) => expected !== got)).toEqual([])
  },
)

function recordedIndex(release: string, name: string, arch: string) {
  const path = join(shared, 'alpine/indexes', release, name, arch, 'APKINDEX.tar.gz')
  return {text: readIndex(readFileSync(path), {origin: path}), origin: path}
}
