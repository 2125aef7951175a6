import {existsSync} from 'node:fs'
import {mkdir, readdir, readFile, writeFile} from 'node:fs/promises'
import {basename, dirname, join, resolve} from 'node:path'
import * as z from 'zod'
import {deriveIdentity, HaosError, nodeConfigJsonSchema} from '#dsl'

/** Files of a new project, and their templates below `bin/template/`. */
const files = {
  'haos.build.ts': 'haos.build.ts',
  'node.yaml': 'node.yaml',
  'tsconfig.json': 'tsconfig.json',
  'test/boot.test.ts': 'boot-test.ts',
  '.github/workflows/image.yml': 'image.yml',
  '.gitignore': 'gitignore',
} as const

/** The result of `init`. */
export interface StartedProject {
  /** Paths below the directory that are new or changed. */
  readonly written: readonly string[]
  /** Paths that existed and are unchanged. */
  readonly kept: readonly string[]
}

/**
 * Puts the files of a project into a directory. Existing files stay unchanged; package.json is completed.
 *
 * Fails with USAGE_INVALID if there already is a recipe, and with RECIPE_INVALID if package.json cannot be read.
 */
export async function startProject(
  directory: string,
  {repository}: {readonly repository: string},
): Promise<StartedProject> {
  const recipe = join(directory, 'haos.build.ts')
  if (existsSync(recipe)) {
    throw new HaosError('USAGE_INVALID', `${directory} already has a recipe`, {
      at: recipe,
      hint: 'Choose another directory: `haos-build init DIRECTORY`.',
    })
  }
  const name = imageName(directory)
  const description = await completeDescription(directory, repository)
  const contents: [string, string][] = await Promise.all(
    Object.entries(files).map(async ([path, source]) => {
      const text = await readFile(join(repository, 'bin/template', source), 'utf8')
      return [path, text.replaceAll('my-image', name)] as [string, string]
    }),
  )
  contents.push(['haos.schema.json', `${JSON.stringify(nodeConfigJsonSchema(deriveIdentity('haos')), undefined, 2)}\n`])
  const kept = contents.map(([path]) => path).filter((path) => existsSync(join(directory, path)))
  const fresh = contents.filter(([path]) => !kept.includes(path))
  for (const [path, text] of [...fresh, ['package.json', description] as const]) {
    await mkdir(dirname(join(directory, path)), {recursive: true})
    await writeFile(join(directory, path), text)
  }
  return {written: [...fresh.map(([path]) => path), 'package.json'], kept}
}

/** A name for the image, derived from the directory's. */
function imageName(directory: string): string {
  const name = basename(resolve(directory))
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '')
    .slice(0, 32)
  return name === '' ? 'my-image' : name
}

const Described = z.looseObject({
  type: z.string().optional(),
  scripts: z.record(z.string(), z.string()).optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
  devDependencies: z.record(z.string(), z.string()).optional(),
})

/** The text of package.json with the settings of a project; existing settings stay, except CommonJS: recipes are ES modules. */
async function completeDescription(directory: string, repository: string): Promise<string> {
  const path = join(directory, 'package.json')
  const found = existsSync(path) ? parseDescription(path, await readFile(path, 'utf8')) : {private: true}
  const own = Described.parse(JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')))
  if (found.type === 'commonjs' && (await hasScripts(directory))) {
    throw new HaosError('USAGE_INVALID', 'the project is written in CommonJS, but recipes are ES modules', {
      at: path,
      hint: 'Choose another directory, such as `haos-build init image`.',
    })
  }
  const has = (name: string) => name in {...found.dependencies, ...found.devDependencies}
  const wanted = {
    '@types/node': own.devDependencies?.['@types/node'] ?? '*',
    'haos-build': `^${String(own['version'])}`,
    typescript: own.devDependencies?.['typescript'] ?? '*',
  }
  const missing = Object.entries(wanted).filter(([name]) => !has(name))
  const described = {
    ...found,
    type: 'module',
    scripts: {
      build: 'haos-build iso',
      check: 'tsc',
      dev: 'haos-build dev',
      test: "sh node_modules/haos-build/bin/with-node --test 'test/*.test.ts'",
      // The failing test that `npm init` writes may be replaced.
      ...Object.fromEntries(Object.entries(found.scripts ?? {}).filter(([, text]) => !/no test specified/.test(text))),
    },
    ...(missing.length > 0 && {devDependencies: {...found.devDependencies, ...Object.fromEntries(missing)}}),
  }
  return `${JSON.stringify(described, undefined, 2)}\n`
}

function parseDescription(path: string, text: string): z.output<typeof Described> {
  try {
    return Described.parse(JSON.parse(text))
  } catch (cause) {
    throw new HaosError('RECIPE_INVALID', 'npm could not read package.json', {
      at: path,
      hint: 'Mend it.',
      cause,
    })
  }
}

const hasScripts = async (directory: string): Promise<boolean> =>
  (await readdir(directory)).some((name) => /\.(?:js|ts)$/.test(name))
