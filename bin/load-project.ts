import {statSync} from 'node:fs'
import {dirname, join, resolve} from 'node:path'
import {type Arch, HaosError, type ImageRecipe, nearest, ofRecipe, type Problem, shellQuote} from '#dsl'
import {loadLocalPackages, loadRepositoryKeys, loadUpgradeKeys, type Project, variantOf} from '#image'
import {checkNodes} from './check-nodes.ts'
import {divertConsole} from './divert-console.ts'
import {blameRecipe, importRecipe, type NamedRecipe} from './import-recipe.ts'
import {loadConfigFile} from './load-config-file.ts'

export interface LoadProjectOptions {
  /** Path of the recipe. */
  readonly recipe: string
  readonly arch?: Arch | undefined
  /** `key=value` texts. */
  readonly set?: readonly string[] | undefined
  /** Names of the recipe's images to load. Default: all. */
  readonly image?: readonly string[] | undefined
}

export interface LoadProjectsOptions extends Omit<LoadProjectOptions, 'recipe' | 'arch'> {
  readonly recipe: readonly string[]
  readonly arch?: readonly Arch[] | undefined
}

/** Reads recipe files, and resolves their images for each architecture. Fails like `loadProject`, with the recipe's name if there are several. */
export async function loadProjects({recipe, arch, ...options}: LoadProjectsOptions): Promise<readonly Project[]> {
  using _diverted = divertConsole()
  const several = new Set(recipe).size > 1
  const loaded = await Promise.all(
    recipe.map(async (path) => {
      try {
        return await loadRecipe({...options, recipe: path}, arch === undefined ? [undefined] : [...new Set(arch)])
      } catch (error) {
        throw several ? ofRecipe(error, path) : error
      }
    }),
  )
  return loaded.flat()
}

/** Reads a recipe file and resolves its one image. Fails with RECIPE_NOT_FOUND, RECIPE_INVALID, INPUT_INVALID or USAGE_INVALID. */
export async function loadProject({arch, ...options}: LoadProjectOptions): Promise<Project> {
  using _diverted = divertConsole()
  const [first, ...others] = await loadRecipe(options, [arch])
  if (first !== undefined && others.length === 0) return first
  throw new HaosError('USAGE_INVALID', `${options.recipe} has several images, but this command accepts only one`, {
    at: resolve(options.recipe),
    hint: `Choose with --image: ${[first, ...others].map((project) => project?.spec.name).join(', ')}.`,
  })
}

async function loadRecipe(
  {recipe, set, image: wanted}: Omit<LoadProjectOptions, 'arch'>,
  archs: readonly (Arch | undefined)[],
): Promise<readonly Project[]> {
  const path = resolve(recipe)
  checkPath(recipe, path)
  const all = await importRecipe(path)
  const inputs = parseSet(set)
  refuseUnknownInputs(all, inputs)
  const projects: Project[] = []
  for (const {key, image} of all) {
    const taken = all.length === 1 ? inputs : pickInputs(image, inputs)
    for (const arch of archs) {
      const written = await blameRecipe(path, () => image.resolve({set: taken, arch}))
      const configured = loadConfigFile(written, dirname(path))
      checkNodes(configured)
      const keyed = await loadUpgradeKeys(await loadRepositoryKeys(configured, dirname(path)), dirname(path))
      const spec = await loadLocalPackages(keyed, dirname(path))
      if (wanted !== undefined && ![key, spec.name].some((name) => name !== undefined && wanted.includes(name)))
        continue
      const built = arch ?? spec.arch[0] ?? 'amd64'
      projects.push({
        spec,
        arch: built,
        variant: await blameRecipe(path, () => variantOf(image, taken, built)),
        recipe: all.length === 1 ? recipe : `${recipe} (${spec.name})`,
        directory: dirname(path),
        lockPath: join(dirname(path), 'haos.lock.json'),
        lockCommand: lockCommandOf({recipe, arch, set, image: wanted}),
      })
    }
  }
  refuseSameName(projects, path)
  refuseUnknownImages(wanted, projects, all, path)
  return projects
}

function checkPath(recipe: string, path: string): void {
  const found = statSync(path, {throwIfNoEntry: false})
  if (found?.isDirectory()) {
    throw new HaosError('RECIPE_NOT_FOUND', `${recipe} is a directory`, {
      at: path,
      hint: `Name the file in it, such as --recipe ${join(recipe, 'haos.build.ts')}.`,
    })
  }
  if (found !== undefined && !found.isFile()) {
    // Node would wait forever for a pipe that nobody writes to.
    throw new HaosError('RECIPE_NOT_FOUND', `${recipe} is not a file`, {
      at: path,
      hint: 'Write the recipe to a file: it is read more than once.',
    })
  }
  if (found === undefined) {
    throw new HaosError('RECIPE_NOT_FOUND', `there is no recipe ${recipe}`, {
      at: path,
      hint: 'Go to the directory that holds haos.build.ts, or name a recipe with --recipe.',
    })
  }
}

/** Each of several images takes the inputs that it defines; an input that none defines is a mistake. */
function refuseUnknownInputs(recipes: readonly NamedRecipe[], set: Readonly<Record<string, string>>): void {
  if (recipes.length === 1) return
  const known = new Set(recipes.flatMap(({image}) => Object.keys(image.inputs)))
  const problems = Object.keys(set).flatMap((name): Problem[] => {
    if (known.has(name)) return []
    const meant = nearest(name, known)
    return [{path: name, message: 'is not an input of any image', ...(meant && {hint: `Did you mean "${meant}"?`})}]
  })
  if (problems.length === 0) return
  throw new HaosError('INPUT_INVALID', 'the values given with --set do not match the inputs of the recipe', {
    problems,
    hint: known.size > 0 ? `The images take: ${[...known].join(', ')}.` : 'The images take no inputs; leave --set out.',
  })
}

const pickInputs = ({inputs}: ImageRecipe, set: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(set).filter(([name]) => name in inputs))

/** Pins and files are named after the image, so its name must be unique. */
function refuseSameName(projects: readonly Project[], path: string): void {
  const seen = new Set<string>()
  for (const {spec, arch} of projects) {
    const name = `${spec.name}/${arch}`
    if (seen.has(name)) {
      throw new HaosError('RECIPE_INVALID', `two images of the recipe are called ${spec.name}`, {
        at: path,
        hint: 'Give each image its own `name`.',
      })
    }
    seen.add(name)
  }
}

function refuseUnknownImages(
  wanted: readonly string[] | undefined,
  projects: readonly Project[],
  all: readonly NamedRecipe[],
  path: string,
): void {
  if (wanted === undefined || projects.length > 0) return
  const names = all.flatMap(({key}) => key ?? [])
  const meant = nearest(wanted[0] ?? '', names)
  throw new HaosError('USAGE_INVALID', `the recipe has no image ${wanted.join(', ')}`, {
    at: path,
    hint: meant === undefined ? 'Give --image the name of one of its images.' : `Did you mean "${meant}"?`,
  })
}

/** The command that locks the request, as a user would type it. */
function lockCommandOf({recipe, arch, set = [], image = []}: LoadProjectOptions): string {
  const words = [
    ...(recipe === 'haos.build.ts' ? [] : ['--recipe', recipe]),
    ...(arch === undefined ? [] : ['--arch', arch]),
    ...image.flatMap((name) => ['--image', name]),
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
