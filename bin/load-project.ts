import {statSync} from 'node:fs'
import {dirname, join, resolve} from 'node:path'
import {type Arch, HaosError} from '#dsl'
import {shellQuote} from '#engine'
import {type Project, variantOf} from '#image'
import {blameRecipe, importRecipe} from './import-recipe.ts'

export interface LoadProjectOptions {
  /** Path of the recipe. */
  readonly recipe: string
  readonly arch?: Arch | undefined
  /** `key=value` texts. */
  readonly set?: readonly string[] | undefined
}

/** Reads a recipe file and resolves it. Fails with RECIPE_NOT_FOUND, RECIPE_INVALID or INPUT_INVALID. */
export async function loadProject({recipe, arch, set}: LoadProjectOptions): Promise<Project> {
  const path = resolve(recipe)
  const found = statSync(path, {throwIfNoEntry: false})
  if (found?.isDirectory()) {
    throw new HaosError('RECIPE_NOT_FOUND', `${recipe} is a directory`, {
      at: path,
      hint: `Name the file in it, such as --recipe ${join(recipe, 'haos.build.ts')}.`,
    })
  }
  if (found === undefined) {
    throw new HaosError('RECIPE_NOT_FOUND', `there is no recipe ${recipe}`, {
      at: path,
      hint: 'Go to the directory that holds haos.build.ts, or name a recipe with --recipe.',
    })
  }
  const image = await importRecipe(path)
  const inputs = parseSet(set)
  const spec = await blameRecipe(path, () => image.resolve({set: inputs, arch}))
  const built = arch ?? spec.arch[0] ?? 'amd64'
  return {
    spec,
    arch: built,
    variant: await blameRecipe(path, () => variantOf(image, inputs, built)),
    directory: dirname(path),
    lockPath: join(dirname(path), 'haos.lock.json'),
    lockCommand: lockCommandOf({recipe, arch, set}),
  }
}

/** The words that lock what was asked for, as they are typed. */
function lockCommandOf({recipe, arch, set = []}: LoadProjectOptions): string {
  const words = [
    ...(recipe === 'haos.build.ts' ? [] : ['--recipe', recipe]),
    ...(arch === undefined ? [] : ['--arch', arch]),
    ...set.flatMap((text) => ['--set', text]),
  ]
  return ['haos-build', 'lock', ...words.map(shellQuote)].join(' ')
}

function parseSet(texts: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const equals = text.indexOf('=')
      if (equals < 1) {
        throw new HaosError('INPUT_INVALID', `"${text}" is not key=value`, {
          hint: 'Write it as --set key=value.',
          at: '--set',
        })
      }
      return [text.slice(0, equals), text.slice(equals + 1)]
    }),
  )
}
