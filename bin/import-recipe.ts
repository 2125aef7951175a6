import {readFileSync} from 'node:fs'
import {findPackageJSON} from 'node:module'
import {join} from 'node:path'
import {fileURLToPath, pathToFileURL} from 'node:url'
import {HaosError, type ImageRecipe} from '#dsl'
import {repository} from './base-command.ts'

/** An image of a recipe file, with its name if the file exports several by name. */
export interface NamedRecipe {
  readonly key?: string
  readonly image: ImageRecipe
}

/** Runs a recipe file and returns the images that it exports: one, a list, or a record by name. Fails with RECIPE_INVALID. */
export async function importRecipe(path: string): Promise<readonly NamedRecipe[]> {
  const exported = await blameRecipe(path, async () => {
    const imported: Promise<{default?: unknown}> = import(pathToFileURL(path).href)
    // What it exports may itself be a promise.
    return untilIdle(
      path,
      imported.then((module) => module.default),
    )
  })
  if (isRecipe(exported)) return [{image: exported}]
  const several = severalRecipes(exported)
  if (several.length > 0) return several
  throw new HaosError('RECIPE_INVALID', 'the recipe does not export an image', {
    at: path,
    hint: 'Write `export default defineImage({…})`, or export a list or a record of such images.',
  })
}

/** Runs a function on a recipe; a failure is reported as the recipe's, with its line if known. */
export async function blameRecipe<Value>(path: string, work: () => Value | Promise<Value>): Promise<Value> {
  using _kept = keepAlive(path)
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof HaosError) throw cause
    throw new HaosError('RECIPE_INVALID', 'the recipe cannot be run', {
      at: locationOf(cause, path) ?? path,
      hint: commonJsHint(cause, path) ?? 'Fix the file; `npx tsc --noEmit` or an editor shows more.',
      cause,
    })
  }
}

/** The hint if Node treats a recipe as CommonJS, which the package.json of `npm init` declares. */
function commonJsHint(cause: unknown, path: string): string | undefined {
  if (!(cause instanceof SyntaxError)) return undefined
  const description = findPackageJSON(pathToFileURL(path))
  if (description === undefined) return undefined
  const {type}: {type?: unknown} = JSON.parse(readFileSync(description, 'utf8'))
  return type === 'commonjs' ? `Write "type": "module" in ${description}: recipes are ES modules.` : undefined
}

const isRecipe = (value: unknown): value is ImageRecipe =>
  typeof value === 'object' &&
  value !== null &&
  'kind' in value &&
  value.kind === 'haos-image' &&
  'resolve' in value &&
  typeof value.resolve === 'function'

/** The images of a list or a record; undefined if any member is not an image. */
function severalRecipes(exported: unknown): readonly NamedRecipe[] {
  if (typeof exported !== 'object' || exported === null) return []
  const entries = Object.entries(exported)
  const found = entries.flatMap(([key, image]: [string, unknown]): NamedRecipe[] =>
    isRecipe(image) ? [Array.isArray(exported) ? {image} : {key, image}] : [],
  )
  return found.length === entries.length ? found : []
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Waits for a recipe, but not for a promise that never settles: Node would then have nothing left to do and exit silently. */
async function untilIdle<Value>(path: string, work: Promise<Value>): Promise<Value> {
  const {promise: idle, reject} = Promise.withResolvers<never>()
  // A recipe cannot be told to stop.
  const stop = (name: string) =>
    reject(
      new HaosError('INTERRUPTED', `stopped by ${name}, while the recipe was running`, {
        at: path,
        hint: 'If it takes long, look for an `await` of something that does not end.',
      }),
    )
  const give = () =>
    reject(
      new HaosError('RECIPE_INVALID', 'the recipe waits for a promise that never settles', {
        at: path,
        hint: 'Look for an `await` of a promise that nothing resolves.',
      }),
    )
  process.once('beforeExit', give)
  for (const name of signals) process.once(name, stop)
  try {
    return await Promise.race([work, idle])
  } finally {
    process.off('beforeExit', give)
    for (const name of signals) process.off(name, stop)
  }
}

/** Keeps a recipe from ending the program, which would look like success. haos-build itself still may. */
function keepAlive(path: string): Disposable {
  const exit = process.exit
  const refuse: typeof exit = (code) => {
    const place = locationOf(new Error('exit'), path)
    if (place === undefined) return exit(code)
    throw new HaosError('RECIPE_INVALID', 'the recipe ends the program', {
      at: place,
      hint: 'Throw an error instead of calling process.exit().',
    })
  }
  process.exit = refuse
  return {
    [Symbol.dispose]: () => {
      // Recipes load concurrently: another one may have installed its own handler, which then calls this one.
      if (process.exit === refuse) process.exit = exit
    },
  }
}

/** Folders of haos-build whose stack lines do not help the author of a recipe. */
export const ownFolders = [
  'bin',
  'cluster',
  'dist',
  'dsl',
  'engine',
  'formats',
  'image',
  'layout',
  'machine',
  'media',
  'node_modules',
  'recipes',
  'runtime',
  'sources',
  'targets',
]

/** File and line of the recipe, or of what it imports, that an error came from, as Node prints them. */
export function locationOf(error: unknown, recipe: string): string | undefined {
  if (!(error instanceof Error)) return undefined
  const places = [...(error.stack ?? '').matchAll(/(file:\/\/\S+?):(\d+)/g)].map(([, url = '', line]) => ({
    path: fileURLToPath(url),
    line,
  }))
  const found = places.find(
    ({path}) => path === recipe || !ownFolders.some((folder) => path.startsWith(join(repository, folder, '/'))),
  )
  return found && `${found.path}:${found.line}`
}
