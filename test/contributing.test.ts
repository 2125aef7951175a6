import {copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {execa} from 'execa'
import {expect, test} from 'vitest'
import {scratchDirectory} from './scratch.ts'

// The examples of CONTRIBUTING.md, written as a new contributor would.
const root = join(import.meta.dirname, '..')
const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
const blocks = [...text.matchAll(/^```ts file=(\S+)\n([\s\S]*?)^```$/gm)].map(([, path = '', code = '']) => ({
  path,
  code,
}))

/** A copy of this repository with the examples: directories with an example are created, everything else is a symlink. */
function treeWithExamples(): string {
  const tree = scratchDirectory()
  const above = (path: string) =>
    path.split('/').flatMap((_, index, parts) => (index === 0 ? [] : [parts.slice(0, index).join('/')]))
  const made = new Set(blocks.flatMap(({path}) => above(path)))
  for (const folder of ['', ...made]) {
    mkdirSync(join(tree, folder), {recursive: true})
    if (!existsSync(join(root, folder))) continue
    for (const name of readdirSync(join(root, folder))) {
      const path = join(folder, name)
      if (made.has(path) || ['.git', 'out', 'dist'].includes(path)) continue
      // The nearest package.json defines `#image`, so it has to be a file of the new tree.
      if (path === 'package.json') copyFileSync(join(root, path), join(tree, path))
      else symlinkSync(join(root, path), join(tree, path))
    }
  }
  for (const {path, code} of blocks) writeFileSync(join(tree, path), code)
  return tree
}

test('CONTRIBUTING.md shows a target, a step, a source and an applier', () => {
  expect(blocks.map(({path}) => path.split('/')[0])).toEqual(['targets', 'image', 'sources', 'runtime'])
})

test('the examples have no type error', async () => {
  const tree = treeWithExamples()
  const check = async (name: string, config: string, files: readonly string[]) => {
    writeFileSync(join(tree, name), JSON.stringify({extends: config, include: [], files}))
    return execa(join(root, 'node_modules/.bin/tsc'), ['--noEmit', '--pretty', 'false', '--project', name], {
      cwd: tree,
      all: true,
      reject: false,
    })
  }
  const paths = blocks.map(({path}) => path)
  const builder = await check(
    'builder.json',
    './tsconfig.json',
    paths.filter((path) => !path.startsWith('runtime/')),
  )
  const node = await check('node.json', './runtime/tsconfig.json', [
    'runtime/host/quickjs-modules.d.ts',
    'runtime/host/url.d.ts',
    ...paths.filter((path) => path.startsWith('runtime/')),
  ])

  expect([builder.all, node.all]).toEqual(['', ''])
})

/** Uses the examples in a separate program, which prints the results. */
const use = `
import {createHash} from 'node:crypto'
import {writeFileSync} from 'node:fs'
import {deriveIdentity} from '#dsl'
import {PlanBuilder} from '#engine'
import {textFile} from '#image'
import {MemoryHost} from './runtime/host/memory.ts'
import {upperCase} from './image/steps/upper-case.ts'
import {banner} from './runtime/appliers/banner.ts'
import {fixedSource} from './sources/fixed/source.ts'
import {kernelOnlyTarget} from './targets/kernel-only/target.ts'

const plan = new PlanBuilder(0)
const kernel = plan.add(textFile, {}, {text: 'kernel'})
const image = {spec: {name: 'edge', version: '1', identity: deriveIdentity('haos')}, arch: 'amd64', variant: {label: ''}, kernel}
const [output] = kernelOnlyTarget.plan({image, plan})

writeFileSync('text', 'haos')
await upperCase.run({inputs: {text: 'text'}, options: upperCase.options.parse({suffix: '!'}), output: 'shouted'})

const http = {get: async (url) => ({status: url.includes('absent') ? 404 : 200})}
const spec = {kind: 'fixed', mirror: 'https://mirror.example', packages: []}
const locked = await fixedSource.lock({spec, names: ['htop'], dependencies: 'all'}, {arch: 'amd64', http})
const refused = await fixedSource.lock({spec, names: ['absent'], dependencies: 'all'}, {arch: 'amd64', http}).catch(({code}) => code)
const fetched = fixedSource.fetch(spec, locked, plan)

const host = new MemoryHost({
  sha256: (content) => createHash('sha256').update(content).digest('hex'),
})
host.put('/etc', {type: 'directory', mode: 0o755})
const node = {host, identity: deriveIdentity('haos'), version: '1', environment: {}, report() {}, announce() {}}
const applied = [1, 2].map(() => banner.apply({hostname: 'edge-1', node: {}}, node))

console.log(JSON.stringify({
  target: [output.name, output.from.step === kernel.step],
  source: [locked[0].path, refused, fetched.length, plan.finish([]).steps.length],
  applier: [...applied, host.read('/etc/issue.net'), banner.apply({node: {}}, node) ?? null],
}))
`

test('the examples work as described', async () => {
  const tree = treeWithExamples()
  writeFileSync(join(tree, 'use.ts'), use)
  const {stdout} = await execa(process.execPath, ['use.ts'], {cwd: tree})

  expect(JSON.parse(stdout)).toEqual({
    target: ['edge-1-kernel-amd64.vmlinuz', true],
    source: ['htop-amd64.pkg', 'PACKAGE_NOT_FOUND', 1, 2],
    applier: ['changed', 'unchanged', 'edge-1\n', null],
  })
  expect(readFileSync(join(tree, 'shouted'), 'utf8')).toBe('HAOS!')
})
