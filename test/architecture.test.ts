import {dirname, join} from 'node:path'
import {expect, test} from 'vitest'
import {ownFolders} from '../bin/import-recipe.ts'
import {type FolderRule, folderOf, folderRules} from './folder-rules.ts'
import {readSourceFiles} from './source-files.ts'

const folders = Object.keys(folderRules)

interface Import {
  readonly from: string
  readonly what: string
}

const files = readSourceFiles()
const product = files.filter(
  ({path}) => folders.includes(folderOf(path)) && path.endsWith('.ts') && !path.endsWith('.test.ts'),
)

/** Every import, export-from and dynamic import of the product's files; tests may import anything. */
const imports: readonly Import[] = product.flatMap(({path, text}) =>
  [...text.matchAll(/(?:^(?:import|export|\})[^'\n]*from |^import |\bimport\()'([^']+)'/gm)].map(([, what = '']) => ({
    from: path,
    what,
  })),
)

const show = ({from, what}: Import) => `${from} imports ${what}`
const strays = (isStray: (found: Import) => boolean) => imports.filter(isStray).map(show)

test('the search finds imports', () => {
  expect(imports.length).toBeGreaterThan(100)
})

test('every folder may import only folders listed before it', () => {
  const upward = Object.entries(folderRules).flatMap(([folder, {folders: allowed}], index) =>
    allowed.filter((name) => folders.indexOf(name) >= index).map((name) => `${folder} may import ${name}`),
  )

  expect(upward).toEqual([])
})

const rules: readonly (readonly [string, FolderRule])[] = Object.entries(folderRules)

test.each(rules)('%s imports only folders below it, through their doors', (folder, {folders: allowed}) => {
  const names = new Set(allowed.map((name) => `#${name}`))

  expect(strays(({from, what}) => folderOf(from) === folder && what.startsWith('#') && !names.has(what))).toEqual([])
})

test('no relative import leaves its folder', () => {
  expect(
    strays(({from, what}) => what.startsWith('.') && folderOf(join(dirname(from), what)) !== folderOf(from)),
  ).toEqual([])
})

test.each(rules)('%s uses only its allowed modules', (folder, {modules}) => {
  const isAllowed = (what: string) =>
    /^[.#]/.test(what) ||
    (modules ?? [what]).some(
      (name) => what === name || what.startsWith(`${name}/`) || (name === 'node:' && what.startsWith(name)),
    )

  expect(strays(({from, what}) => folderOf(from) === folder && !isAllowed(what))).toEqual([])
})

test('there are no import circles', () => {
  const edges = new Map<string, readonly string[]>(
    product.map(({path}) => [
      path,
      imports
        .filter(({from, what}) => from === path && what.startsWith('.'))
        .map(({what}) => join(dirname(path), what)),
    ]),
  )
  const done = new Set<string>()
  const circles: string[] = []
  const visit = (path: string, way: readonly string[]) => {
    if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(' → '))
    if (done.has(path)) return
    done.add(path)
    for (const next of edges.get(path) ?? []) visit(next, [...way, path])
  }
  for (const path of edges.keys()) visit(path, [])

  expect(circles).toEqual([])
})

test('no file of the product imports test support', () => {
  expect(strays(({what}) => /(?:^|\/)(?:test|vitest|testing)\/|^vitest$|^fast-check$/.test(what))).toEqual([])
})

test.each(rules)('the door of %s has no more than 64 names', (folder) => {
  const door = files.find(
    ({path}) => path.endsWith('/index.ts') && dirname(path) === (folder === 'tools' ? 'engine/tools' : folder),
  )
  const names = [...(door?.text ?? '').matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list = '']) =>
    list.split(',').filter((name) => name.trim() !== ''),
  )

  expect(names.length).toBeLessThanOrEqual(64)
})

test('a folder with more than 20 files of the product has sub-folders', () => {
  const flat = Map.groupBy(product, ({path}) => dirname(path))
  const large = [...flat]
    .filter(([folder, {length}]) => length > 20 && ![...flat.keys()].some((name) => name.startsWith(`${folder}/`)))
    .map(([folder, {length}]) => `${folder}: ${length}`)

  expect(large).toEqual([])
})

test('no result is compressed by a library of Node, whose version is in no cache key', () => {
  const compresses = /\b(?:createGzip|createDeflate|createZstdCompress|gzipSync|gzip\(|zstdCompress|deflate)\w*\b/
  const found = product.filter(
    ({path, text}) => folderOf(path) !== 'bin' && /from 'node:zlib'/.test(text) && compresses.test(text),
  )

  expect(found.map(({path}) => path)).toEqual([])
})

test('no tool starts another program that its step does not declare', () => {
  const found = product.filter(({path, text}) => folderOf(path) === 'tools' && text.includes('--use-compress-program'))

  expect(found.map(({path}) => path)).toEqual([])
})

test('only the real host imports the modules of QuickJS', () => {
  const isHost = (path: string) => /^runtime\/(?:host\/|cli\/main\.ts$)/.test(path)

  expect(strays(({from, what}) => ['std', 'os'].includes(what) && !isHost(from))).toEqual([])
})

test('bin imports the runtime only to read or apply a config, and for the bundler', () => {
  const mayApply =
    /^bin\/(?:commands\/(?:config\/|remaster\.ts$)|(?:directory-host|load-config-file|load-nodes|check-nodes)\.ts$|fetch-sync\.ts$|project-command\.ts$)/

  expect(strays(({from, what}) => folderOf(from) === 'bin' && what === '#runtime' && !mayApply.test(from))).toEqual([])
})

test('only bin and the interactive machine write to the terminal, and only bin ends the process', () => {
  const speaks = /(?<![.\w/-])(?:console\.\w+|process\.(?:stdout|stderr|exit)\b)/
  const found = product.filter(
    ({path, text}) =>
      !['bin', 'runtime', 'machine'].includes(folderOf(path)) &&
      speaks.test(text.replaceAll(/^\s*(?:\/?\*|\/\/).*$/gm, '')),
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

test('an error is never blamed on a line of our own folders', () => {
  const named = Object.keys(folderRules).filter((folder) => folder !== 'tools')
  expect(ownFolders).toEqual(expect.arrayContaining(named))
})
