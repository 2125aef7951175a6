import {readdir, readFile, writeFile} from 'node:fs/promises'
import {createRequire} from 'node:module'
import {dirname, join} from 'node:path'
import type {BuildOptions} from 'esbuild'
import * as z from 'zod'
import {Sha256} from '#dsl'
import {defineStep, digestOf, digestOfBytes} from '#engine'
import {withoutYamlWriter} from './without-yaml-writer.ts'

/** The sources of the node's program: those of its bundle, and separate scripts. */
export interface RuntimeSources {
  /** Options of the step that bundles. */
  readonly bundle: (input: {readonly identity: unknown; readonly version: string}) => z.input<typeof options>
  readonly scripts: NodeScripts
  /** Path of the repository, by the digest of all sources. */
  readonly origins: ReadonlyMap<string, string>
}

/** Texts of the scripts that are not part of the bundle. */
export interface NodeScripts {
  readonly stage0: string
  /** Starts stage 0 with the kernel and the root of another system. */
  readonly localInit: string
  /** Runs the installer inside an ISO. */
  readonly install: string
  /** Begins an update file. */
  readonly update: string
  /** Upgrades one part by the node's `upgrade`, under the name of a script of the original. */
  readonly deprecatedUpgrade: string
}

const options = z.strictObject({
  /** Digest of all files that the bundle is made from. */
  sources: Sha256,
  esbuild: z.string(),
  /** Options for esbuild's `build`, except paths. */
  build: z.custom<BuildOptions>((value) => typeof value === 'object' && value !== null),
})

/** Bundles the node's program into the one file that QuickJS runs. */
export const bundleRuntime = defineStep({
  kind: 'bundle-runtime',
  revision: 2,
  summary: "bundles the node's program",
  inputs: {},
  output: 'file',
  options,
  tools: [],
  async run({options: {sources, build: buildOptions}, output, file}) {
    const {build} = await import('esbuild')
    // Written here rather than by esbuild, whose errors report a full disk only as text.
    const {outputFiles} = await build({
      ...buildOptions,
      // Otherwise esbuild would use the one of a parent directory, such as the project in which this package is
      // installed.
      tsconfigRaw: {compilerOptions: {strict: true, verbatimModuleSyntax: true}},
      plugins: [withoutYamlWriter],
      absWorkingDir: dirname(file(sources)),
      outfile: output,
      write: false,
      logLevel: 'silent',
    })
    for (const {contents} of outputFiles) await writeFile(output, contents)
  },
})

/**
 * Loads the sources of the bundle: all of `runtime/`, `dsl/` and `layout/`, and the versions of the libraries.
 *
 * The digest covers more than the bundle contains, which sometimes causes an unnecessary bundling (0.1 s); asking the
 * bundler for the exact list would cost that always.
 */
export async function loadRuntime(
  repository: string,
  bundleOptions: (input: {readonly identity: unknown; readonly version: string}) => object,
): Promise<RuntimeSources> {
  const files = (
    await Promise.all(['runtime', 'dsl', 'layout'].map((folder) => listSources(join(repository, folder))))
  ).flat()
  const paths = [...files, ...libraryDescriptions(repository)]
  const digests = await Promise.all(paths.map(async (path) => digestOfBytes(await readFile(path))))
  const sources = digestOf(digests)
  const script = (path: string) => readFile(join(repository, 'runtime', path), 'utf8')
  return {
    bundle: (input) => ({sources, esbuild: esbuildVersion(), build: bundleOptions(input)}),
    scripts: {
      stage0: await script('stage0/init'),
      localInit: await script('stage0/local-init'),
      install: await script('install/install.sh'),
      update: await script('upgrade/update.sh'),
      deprecatedUpgrade: await script('upgrade/deprecated.sh'),
    },
    origins: new Map([[sources, join(repository, 'package.json')]]),
  }
}

/** The libraries that the node's program imports. */
const libraries = ['js-yaml', 'zod'] as const

/** The package.json files of the installed libraries, which contain their versions. */
const libraryDescriptions = (repository: string): string[] => {
  const {resolve} = createRequire(join(repository, 'package.json'))
  return libraries.map((name) => resolve(`${name}/package.json`))
}

async function listSources(folder: string): Promise<string[]> {
  const entries = await readdir(folder, {recursive: true, withFileTypes: true})
  return entries
    .filter((entry) => entry.isFile() && /(?<!\.test)\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** Read from its package: loading esbuild itself takes 10 ms, and most builds have the bundle in the store. */
const esbuildVersion = (): string =>
  z.object({version: z.string()}).parse(createRequire(import.meta.url)('esbuild/package.json')).version
