import {existsSync} from 'node:fs'
import {dirname, join, resolve} from 'node:path'
import {pathToFileURL} from 'node:url'
import {type Arch, HaosError, type ImageRecipe} from '#dsl'
import type {Project} from '#engine'

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
  if (!existsSync(path)) {
    throw new HaosError('RECIPE_NOT_FOUND', `there is no recipe ${recipe}`, {
      at: path,
      hint: 'Go to the directory that holds haos.build.ts, or name a recipe with --recipe.',
    })
  }
  const image = await importRecipe(path)
  const spec = image.resolve({set: parseSet(set), arch})
  return {
    spec,
    arch: arch ?? spec.arch[0] ?? 'amd64',
    directory: dirname(path),
    lockPath: join(dirname(path), 'haos.lock.json'),
  }
}

async function importRecipe(path: string): Promise<ImageRecipe> {
  let exported: unknown
  try {
    const module: {default?: unknown} = await import(pathToFileURL(path).href)
    exported = module.default
  } catch (cause) {
    if (cause instanceof HaosError) throw cause
    throw new HaosError('RECIPE_INVALID', 'the recipe cannot be run', {
      at: placeOf(cause) ?? path,
      hint: 'Mend the file; `npx tsc --noEmit` or an editor shows more.',
      cause,
    })
  }
  if (isRecipe(exported)) return exported
  throw new HaosError('RECIPE_INVALID', 'the recipe does not export an image', {
    at: path,
    hint: 'Write `export default defineImage({…})`.',
  })
}

const isRecipe = (value: unknown): value is ImageRecipe =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'haos-image'

/** File and line of the recipe that an error came from, as Node prints them. */
const placeOf = (error: unknown): string | undefined =>
  error instanceof Error ? /file:\/\/(\S+?:\d+)(?::\d+)?/.exec(error.stack ?? '')?.[1] : undefined

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
