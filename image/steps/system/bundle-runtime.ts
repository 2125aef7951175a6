import {readdir, readFile, writeFile} from 'node:fs/promises'
import {createRequire} from 'node:module'
import {dirname, join} from 'node:path'
import {type BuildOptions, build, version as esbuildVersion} from 'esbuild'
import * as z from 'zod'
import {Sha256} from '#dsl'
import {defineStep, digestOf, digestOfBytes} from '#engine'
import {parsingHalf} from './parsing-half.ts'

/** The node's program as it lies in the repository: what goes into its bundle, and the scripts beside it. */
export interface RuntimeSources {
  /** What the bundle is asked for: the step's options. */
  readonly bundle: (input: {readonly identity: unknown; readonly version: string}) => z.input<typeof options>
  readonly scripts: NodeScripts
  /** Where the repository is, by the digest of all sources. */
  readonly origins: ReadonlyMap<string, string>
}

/** Texts of the programs that are no part of the bundle. */
export interface NodeScripts {
  readonly stage0: string
  /** What starts stage 0 where the kernel and the root are another system's. */
  readonly localInit: string
  /** What runs the installer that is inside an ISO. */
  readonly install: string
}

const options = z.strictObject({
  /** Digest of all files that the bundle is made from. */
  sources: Sha256,
  esbuild: z.string(),
  /** Options for esbuild's `build`, but for places. */
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
    // Written here and not by esbuild, whose errors name a full disk in words only.
    const {outputFiles} = await build({
      ...buildOptions,
      // Else that of whatever directory the sources lie below, such as the project that this package is installed in.
      tsconfigRaw: {compilerOptions: {strict: true, verbatimModuleSyntax: true}},
      plugins: [parsingHalf],
      absWorkingDir: dirname(file(sources)),
      outfile: output,
      write: false,
      logLevel: 'silent',
    })
    for (const {contents} of outputFiles) await writeFile(output, contents)
  },
})

/**
 * Names what the bundle is made from: all of `runtime/`, `dsl/` and `layout/`, and the versions of the libraries.
 *
 * That is more than goes into it, which costs a bundle (0.1 s) now and then; asking the bundler would cost it always.
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
    bundle: (input) => ({sources, esbuild: esbuildVersion, build: bundleOptions(input)}),
    scripts: {
      stage0: await script('stage0/init'),
      localInit: await script('stage0/local-init'),
      install: await script('install/install.sh'),
    },
    origins: new Map([[sources, join(repository, 'package.json')]]),
  }
}

/** What the node's program imports from outside. */
const libraries = ['js-yaml', 'zod'] as const

/** The installed libraries' own descriptions, which hold their versions. */
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
