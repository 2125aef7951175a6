import {dirname, join} from 'node:path'
import {expect, test} from 'vitest'
import {readSourceFiles} from './source-files.ts'

/** Who may import whom (nothing points up, neighbours do not know each other), and which modules from outside. */
const rules = {
  dsl: {folders: [], modules: ['zod']},
  // It runs in QuickJS, whose own modules are `std` and `os`.
  runtime: {folders: ['dsl'], modules: ['std', 'os', 'zod', 'js-yaml']},
  // Options of a recipe are described with zod, as everything that a person writes.
  recipes: {folders: ['dsl'], modules: ['zod']},
  engine: {folders: ['dsl'], modules: ['node:', 'zod', 'execa', 'esbuild']},
  sources: {folders: ['dsl', 'engine'], modules: ['node:', 'zod', 'execa']},
  targets: {folders: ['dsl', 'engine'], modules: ['node:', 'zod', 'js-yaml']},
  bin: {folders: ['dsl', 'engine', 'recipes', 'runtime', 'sources', 'targets'], modules: undefined},
} as const satisfies Record<string, {folders: readonly string[]; modules: readonly string[] | undefined}>

const folders = Object.keys(rules)

interface Import {
  readonly from: string
  readonly what: string
}

/** Every import, export-from and dynamic import of the product's files; tests may reach for anything. */
const imports: readonly Import[] = readSourceFiles()
  .filter(({path}) => folders.includes(path.split('/')[0] ?? '') && path.endsWith('.ts') && !path.endsWith('.test.ts'))
  .flatMap(({path, text}) =>
    [...text.matchAll(/(?:^(?:import|export|\})[^'\n]*from |^import |\bimport\()'([^']+)'/gm)].map(([, what = '']) => ({
      from: path,
      what,
    })),
  )

const folderOf = (path: string): string => path.split('/')[0] ?? ''
const show = ({from, what}: Import) => `${from} imports ${what}`
const strays = (isStray: (found: Import) => boolean) => imports.filter(isStray).map(show)

test('imports are found at all', () => {
  expect(imports.length).toBeGreaterThan(100)
})

test.each(Object.entries(rules))('%s imports only folders below it, by their doors', (folder, {folders: allowed}) => {
  const names = new Set(allowed.map((name) => `#${name}`))

  expect(strays(({from, what}) => folderOf(from) === folder && what.startsWith('#') && !names.has(what))).toEqual([])
})

test('no relative import leaves its folder', () => {
  expect(
    strays(({from, what}) => what.startsWith('.') && folderOf(join(dirname(from), what)) !== folderOf(from)),
  ).toEqual([])
})

test.each(Object.entries(rules))(
  '%s uses only the modules it may',
  (folder, {modules}: {modules?: readonly string[] | undefined}) => {
    const isAllowed = (what: string) =>
      /^[.#]/.test(what) ||
      (modules ?? [what]).some(
        (name) => what === name || what.startsWith(`${name}/`) || (name === 'node:' && what.startsWith(name)),
      )

    expect(strays(({from, what}) => folderOf(from) === folder && !isAllowed(what))).toEqual([])
  },
)

test('the modules of QuickJS are imported by the real host only', () => {
  const isHost = (path: string) => /^runtime\/(?:host\/|(?:\w+\/)*testing\/|main\.ts$)/.test(path)

  expect(strays(({from, what}) => ['std', 'os'].includes(what) && !isHost(from))).toEqual([])
})

test('bin knows the node only where a config is read or applied, and where the bundler is told about it', () => {
  const mayApply =
    /^bin\/(?:commands\/(?:config\/|remaster\.ts$)|directory-host\.ts$|fetch-sync\.ts$|project-command\.ts$)/

  expect(strays(({from, what}) => folderOf(from) === 'bin' && what === '#runtime' && !mayApply.test(from))).toEqual([])
})

test('only bin writes to the terminal or ends the process', () => {
  const speaks = /(?<![.\w/-])(?:console\.\w+|process\.(?:stdout|stderr|exit)\b)/
  const found = readSourceFiles()
    .filter(({path}) => /^(?:dsl|engine|recipes|sources|targets)\//.test(path) && /(?<!\.test)\.ts$/.test(path))
    .filter(
      ({path, text}) =>
        !path.startsWith('engine/machine/') && speaks.test(text.replaceAll(/^\s*(?:\/?\*|\/\/).*$/gm, '')),
    )

  expect(found.map(({path}) => path)).toEqual([])
})

test.each(['targets', 'sources'])('in %s no plug-in imports another', (folder) => {
  const plugin = (path: string) => (path.split('/').length > 2 ? path.split('/')[1] : undefined)

  expect(
    strays(({from, what}) => {
      if (folderOf(from) !== folder || !what.startsWith('.') || plugin(from) === undefined) return false
      const other = plugin(join(dirname(from), what))
      return other !== undefined && other !== plugin(from)
    }),
  ).toEqual([])
})
