import {readFileSync, statSync} from 'node:fs'
import {registerHooks} from 'node:module'
import {dirname, join} from 'node:path'
import {fileURLToPath, pathToFileURL} from 'node:url'

// The launcher starts this: haos-build from one bundle, because Node needs 2 s of processor time for 300 small modules.

const repository = dirname(dirname(fileURLToPath(import.meta.url)))
/** In node_modules, so that packages outside the bundle are found from there, and `npm ci` removes it. */
const directory = join(repository, 'node_modules/.cache/haos-build')

interface Bundle {
  /** Host path of each file in the bundle → its size in bytes and its mtime. */
  readonly files: Readonly<Record<string, string>>
  /** Import specifier, a package's name or a file URL → the URL of the script that stands for it. */
  readonly scripts: Readonly<Record<string, string>>
}

const readBundle = (): Bundle | undefined => {
  try {
    return JSON.parse(readFileSync(join(directory, 'bundle.json'), 'utf8'))
  } catch {
    return undefined
  }
}

const stampOf = (path: string): string => {
  const {size, mtimeMs} = statSync(path, {throwIfNoEntry: false}) ?? {}
  return `${size} ${mtimeMs}`
}

const isFresh = ({files}: Bundle): boolean => Object.entries(files).every(([path, stamp]) => stampOf(path) === stamp)

let bundle = readBundle()
if (bundle === undefined || !isFresh(bundle)) {
  try {
    const {bundleProgram} = await import('./bundle-program.ts')
    bundle = await bundleProgram({repository, directory, stampOf})
  } catch {
    // Without write permission the start is only slower, and Node reports errors in a source when it loads it.
    bundle = undefined
  }
}
const scripts: Bundle['scripts'] = bundle?.scripts ?? {}
// Without a bundle, recipes import the sources: the exports in package.json are for the installed package.
const sources: Readonly<Record<string, string>> = {
  'haos-build': '../dsl/index.ts',
  'haos-build/recipes': '../recipes/index.ts',
  'haos-build/testing': '../machine/testing.ts',
}
registerHooks({
  resolve(specifier, context, next) {
    const source = sources[specifier]
    const url = scripts[specifier] ?? (source && new URL(source, import.meta.url).href)
    return url === undefined ? next(specifier, context) : {url, format: 'module', shortCircuit: true}
  },
})
const main = pathToFileURL(join(repository, 'bin/haos-build.ts')).href
await import(scripts[main] ?? main)
