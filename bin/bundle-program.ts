import {randomBytes} from 'node:crypto'
import {mkdir, readdir, readFile, rename, rm, stat, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {build, type Plugin} from 'esbuild'

/** What is started or imported by its own name; everything else is only reached through these. */
const entries: Readonly<Record<string, readonly string[]>> = {
  'bin/haos-build.ts': [],
  'bin/commands/index.ts': [],
  // One instance for the program and for the recipes that it loads.
  'dsl/index.ts': ['haos-build'],
  'recipes/index.ts': ['haos-build/recipes'],
}

/** Bundles this program into the directory. Throws where that may not be written. */
export async function bundleProgram({
  repository,
  directory,
  stampOf,
}: {
  readonly repository: string
  readonly directory: string
  /** Says what can be seen of a file without reading it. */
  readonly stampOf: (path: string) => string
}) {
  const name = `bundle-${randomBytes(6).toString('hex')}`
  const outdir = join(directory, name)
  await mkdir(outdir, {recursive: true})
  const {metafile} = await build({
    absWorkingDir: repository,
    entryPoints: Object.keys(entries),
    outbase: repository,
    outdir,
    outExtension: {'.js': '.mjs'},
    bundle: true,
    splitting: true,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    // It is a program with files of its own.
    external: ['esbuild'],
    // CommonJS packages inside call it.
    banner: {
      js: "import {createRequire as makeRequire} from 'node:module'; const require = makeRequire(import.meta.url);",
    },
    define: {'import.meta.url': 'ownUrl', __dirname: 'ownDirectory', __filename: 'ownPath'},
    plugins: [keepPlaces],
    logLevel: 'silent',
  })
  const files = [...Object.keys(metafile.inputs), 'package.json', 'package-lock.json', 'bin/bundle-program.ts']
    .filter((path) => !path.includes(':'))
    .map((path) => join(repository, path))
  const scripts = Object.entries(entries).flatMap(([entry, names]) => {
    const url = pathToFileURL(join(outdir, entry.replace(/\.ts$/, '.mjs'))).href
    return [pathToFileURL(join(repository, entry)).href, ...names].map((asked) => [asked, url] as const)
  })
  const bundle = {
    files: Object.fromEntries(files.map((path) => [path, stampOf(path)])),
    scripts: Object.fromEntries(scripts),
  }
  const half = join(directory, `${name}.json`)
  await writeFile(half, JSON.stringify(bundle))
  await rename(half, join(directory, 'bundle.json'))
  await removeOthers(directory, name)
  return bundle
}

/** A module in a bundle still knows the file that it came from. */
const keepPlaces: Plugin = {
  name: 'keep-places',
  setup({onLoad}) {
    onLoad({filter: /\.(?:ts|[cm]?js)$/}, async ({path}) => {
      const text = await readFile(path, 'utf8')
      const needed = {
        ownUrl: text.includes('import.meta.url') && pathToFileURL(path).href,
        ownDirectory: text.includes('__dirname') && join(path, '..'),
        ownPath: text.includes('__filename') && path,
      }
      const constants = Object.entries(needed)
        .filter(([, value]) => value !== false)
        .map(([name, value]) => `const ${name} = ${JSON.stringify(value)};`)
      const [, firstLine = '', rest = ''] = /^(#!.*\n)?([\s\S]*)$/.exec(text) ?? []
      return {contents: firstLine + constants.join('') + rest, loader: path.endsWith('.ts') ? 'ts' : 'js'}
    })
  },
}

const keptMs = 24 * 60 * 60_000

/** Bundles of before, but for young ones: a process that still runs may load a part of its own. */
async function removeOthers(directory: string, name: string): Promise<void> {
  for (const entry of await readdir(directory)) {
    if (!/^bundle-[0-9a-f]{12}/.test(entry) || entry.startsWith(name)) continue
    const path = join(directory, entry)
    const {mtimeMs} = await stat(path)
    if (Date.now() - mtimeMs > keptMs) await rm(path, {recursive: true, force: true})
  }
}
