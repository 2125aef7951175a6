import {randomBytes} from 'node:crypto'
import {mkdir, readdir, rename, rm, stat, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {build} from 'esbuild'
import {bundleEntries, programBundle, publicNames} from './program-bundle.ts'

/** Bundles this program, in a clone, into the directory. Throws if the directory is not writable. */
export async function bundleProgram({
  repository,
  directory,
  stampOf,
}: {
  readonly repository: string
  readonly directory: string
  /** A file's metadata, without reading it. */
  readonly stampOf: (path: string) => string
}) {
  const name = `bundle-${randomBytes(6).toString('hex')}`
  const outdir = join(directory, name)
  await mkdir(outdir, {recursive: true})
  const {metafile} = await build({
    ...programBundle({repository, outdir, urlOf: (path) => JSON.stringify(pathToFileURL(path).href)}),
    outExtension: {'.js': '.mjs'},
  })
  const own = ['package.json', 'package-lock.json', 'bin/bundle-program.ts', 'bin/program-bundle.ts']
  const files = [...Object.keys(metafile.inputs), ...own]
    .filter((path) => !path.includes(':'))
    .map((path) => join(repository, path))
  const scriptOf = (entry: string) => pathToFileURL(join(outdir, `${entry}.mjs`)).href
  const bundle = {
    files: Object.fromEntries(files.map((path) => [path, stampOf(path)])),
    scripts: Object.fromEntries([
      ...Object.entries(bundleEntries).map(([entry, source]) => [
        pathToFileURL(join(repository, source)).href,
        scriptOf(entry),
      ]),
      ...Object.entries(publicNames).map(([asked, entry]) => [asked, scriptOf(entry)]),
    ]),
  }
  const half = join(directory, `${name}.json`)
  await writeFile(half, JSON.stringify(bundle))
  await rename(half, join(directory, 'bundle.json'))
  await removeOthers(directory, name)
  return bundle
}

const keptMs = 24 * 60 * 60_000

/** Older bundles, except recent ones: a running process may still load parts of its own bundle. */
async function removeOthers(directory: string, name: string): Promise<void> {
  for (const entry of await readdir(directory)) {
    if (!/^bundle-[0-9a-f]{12}/.test(entry) || entry.startsWith(name)) continue
    const path = join(directory, entry)
    const {mtimeMs} = await stat(path)
    if (Date.now() - mtimeMs > keptMs) await rm(path, {recursive: true, force: true})
  }
}
