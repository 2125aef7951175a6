import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {execa} from 'execa'
import {writeAtomically} from '#engine'

const root = join(import.meta.dirname, '../..')

/** The recipe that the boot tests build. */
export const testRecipe = join(import.meta.dirname, 'haos.build.ts')

// Its packages are those of the quick start, which pins them. A copy each time, because a build may write to it.
await writeAtomically(join(import.meta.dirname, 'haos.lock.json'), readFileSync(join(root, 'haos.lock.json')))

/** What to build, and as which user. */
export interface BuildImageOptions {
  readonly recipe?: string
  /** Directory for finished files. */
  readonly out?: string
  readonly arguments?: readonly string[]
  /** A program that runs the command line, with its arguments, for example as another user. */
  readonly wrap?: readonly string[]
  /** Variables in addition to those of this process. */
  readonly env?: Readonly<Record<string, string>>
}

/** Builds the ISO of a recipe with the command line, as a user would, and returns its path. */
export const buildImage = async (options: BuildImageOptions = {}): Promise<string> => {
  const {iso = ''} = await buildTarget('iso', options)
  return iso
}

/** Builds a target of a recipe with the command line, as a user would, and returns the paths of its files by role. */
export async function buildTarget(
  target: string,
  {
    recipe = testRecipe,
    out = join(root, 'out/test'),
    arguments: more = [],
    wrap = [],
    env = {},
  }: BuildImageOptions = {},
): Promise<Readonly<Record<string, string>>> {
  const [program = '', ...words] = [...wrap, process.execPath, join(root, 'bin/start.ts')]
  const {stdout} = await execa(program, [...words, ...[target, '--json', '--recipe', recipe, '--out', out], ...more], {
    env,
  })
  const built: {artifacts: readonly {role: string; path: string}[]} = JSON.parse(stdout)
  return Object.fromEntries(built.artifacts.map(({role, path}) => [role, path]))
}
