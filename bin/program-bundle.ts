import {readFile} from 'node:fs/promises'
import type {BuildOptions, Plugin} from 'esbuild'

/** Source of each script that is started or imported by name; everything else is reached only through these. */
export const bundleEntries = {
  program: 'bin/haos-build.ts',
  commands: 'bin/commands/index.ts',
  index: 'dsl/index.ts',
  recipes: 'recipes/index.ts',
  testing: 'machine/testing.ts',
} as const

/** Names by which recipes and tests import a script, and that script. */
export const publicNames = {
  'haos-build': 'index',
  'haos-build/recipes': 'recipes',
  'haos-build/testing': 'testing',
} as const satisfies Record<string, keyof typeof bundleEntries>

export interface ProgramBundleOptions {
  readonly repository: string
  readonly outdir: string
  /** JavaScript for the URL of a source file; it may use `bundleUrl`, the URL of the script that contains it. */
  readonly urlOf: (path: string) => string
}

/** How esbuild bundles this program with all packages that it calls: one script starts in a fraction of the time of 500. */
export const programBundle = ({repository, outdir, urlOf}: ProgramBundleOptions) =>
  ({
    absWorkingDir: repository,
    entryPoints: bundleEntries,
    outdir,
    bundle: true,
    splitting: true,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    // esbuild is a program with its own files.
    external: ['esbuild'],
    // CommonJS packages inside call `require`.
    banner: {
      js: [
        "import {createRequire as makeRequire} from 'node:module'",
        "import {fileURLToPath as pathOfUrl} from 'node:url'",
        'const bundleUrl = import.meta.url, require = makeRequire(bundleUrl)',
        '',
      ].join('; '),
    },
    define: {'import.meta.url': 'ownUrl', __dirname: 'ownDirectory', __filename: 'ownPath'},
    plugins: [preservePaths(urlOf)],
    logLevel: 'silent',
  }) satisfies BuildOptions

/** Preserves the URL and path of each module's source in the bundle. */
const preservePaths = (urlOf: (path: string) => string): Plugin => ({
  name: 'keep-places',
  setup({onLoad}) {
    onLoad({filter: /\.(?:ts|[cm]?js)$/}, async ({path}) => {
      const text = await readFile(path, 'utf8')
      const url = urlOf(path)
      const needed = {
        ownUrl: text.includes('import.meta.url') && url,
        ownDirectory: text.includes('__dirname') && `pathOfUrl(new URL('.', ${url})).slice(0, -1)`,
        ownPath: text.includes('__filename') && `pathOfUrl(${url})`,
      }
      const constants = Object.entries(needed)
        .filter(([, value]) => value !== false)
        .map(([name, value]) => `const ${name} = ${value};`)
      const [, firstLine = '', rest = ''] = /^(#!.*\n)?([\s\S]*)$/.exec(text) ?? []
      return {contents: firstLine + constants.join('') + rest, loader: path.endsWith('.ts') ? 'ts' : 'js'}
    })
  },
})
