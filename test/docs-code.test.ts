import {generateKeyPairSync} from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {execa} from 'execa'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {parseNodes} from '../runtime/config/nodes/parse-nodes.ts'

const repository = join(import.meta.dirname, '..')

/** A fenced code block of a page, and the name of the file that it becomes. */
interface CodeBlock {
  readonly place: string
  readonly language: string
  readonly text: string
  readonly file: string
}

const blocks: readonly CodeBlock[] = ['README.md', ...readdirSync('docs').map((name) => join('docs', name))]
  .filter((page) => page.endsWith('.md'))
  .flatMap((page) => {
    const text = readFileSync(join(repository, page), 'utf8')
    return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(({index, 1: language = '', 2: code = ''}) => {
      const place = `${page}:${text.slice(0, index).split('\n').length}`
      return {place, language, text: code, file: `${place.replaceAll(/[^\w]+/g, '-')}.${language}`}
    })
  })
const inLanguage = (language: string) => blocks.filter((block) => block.language === language)
const recipes = inLanguage('ts').filter(({text}) => text.includes('export default'))

// The blocks as files of a user's project.
const project = mkdtempSync(join(tmpdir(), 'haos-docs-code-'))
beforeAll(() => {
  for (const [name, target] of [
    ['haos-build', repository],
    ['vitest', join(repository, 'node_modules/vitest')],
    ['@types/node', join(repository, 'node_modules/@types/node')],
  ] as const) {
    mkdirSync(dirname(join(project, 'node_modules', name)), {recursive: true})
    symlinkSync(target, join(project, 'node_modules', name))
  }
  writeFileSync(join(project, 'package.json'), '{"type": "module"}')
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({extends: join(repository, 'tsconfig.json'), include: ['*.ts'], exclude: []}),
  )
  mkdirSync(join(project, 'keys'))
  writeFileSync(
    join(project, 'keys/release.pub.pem'),
    generateKeyPairSync('ed25519').publicKey.export({type: 'spki', format: 'pem'}),
  )
  for (const {file, text, language} of blocks)
    writeFileSync(join(project, file), language === 'ts' ? complete(text) : text)
})
afterAll(() => rmSync(project, {recursive: true, force: true}))

/** Completes a block that is a fragment of an image. */
const complete = (text: string): string =>
  /^(?:import|export) /m.test(text)
    ? text
    : `import {debian, defineImage} from 'haos-build'
import {bootMenu} from 'haos-build/recipes'
export const image = defineImage({name: 'x', version: '1', base: debian(), ${text}})
`

const haosBuild = (...words: string[]) =>
  execa(process.execPath, [join(repository, 'bin/start.ts'), ...words], {cwd: project, reject: false})

test('the pages have code blocks, in known languages only', () => {
  expect(recipes.length).toBeGreaterThan(2)
  expect(
    blocks.filter(({language}) => !['mermaid', 'text', 'ts', 'yaml'].includes(language)).map(({place}) => place),
  ).toEqual([])
})

test('every block of TypeScript passes the type check', async () => {
  const tsc = join(repository, 'node_modules/.bin/tsc')
  const {stdout} = await execa(tsc, ['--pretty', 'false', '--project', project], {reject: false})

  expect(stdout).toBe('')
})

test.each(recipes)('the recipe at $place is complete: it loads, and its kernel finds a medium', async ({file}) => {
  const set = file.startsWith('docs-project') ? ['--set', 'site=berlin'] : []
  const {stdout} = await haosBuild('plan', '--spec', '--json', '--recipe', file, ...set)
  const specs = [JSON.parse(stdout)].flat()

  for (const spec of specs) expect(spec.kernel.initrd).toContain('squashfs')
})

const isNodes = ({text}: CodeBlock) => /^(?:- )?match:/m.test(text)

test.each(inLanguage('yaml').filter((block) => block.text.includes('hostname') && !isNodes(block)))(
  'the config at $place is valid',
  async ({file}) => {
    expect(await haosBuild('config', 'validate', file)).toMatchObject({exitCode: 0, stdout: ''})
  },
)

test.each(inLanguage('yaml').filter(isNodes))('the nodes at $place are valid', ({file, text}) => {
  const {nodes, problems} = parseNodes(file, text, deriveIdentity('haos'))

  expect(problems).toEqual([])
  expect(nodes.length).toBeGreaterThan(0)
})

const commandOf = (line: string) =>
  /^ {4}(?:\.\/bin\/|npx )?haos-build ((?:[a-z]+ ?)+)/.exec(line)?.[1]?.trim().split(' ')

test('every command in the pages exists', async () => {
  const {stdout} = await haosBuild('--help')
  const pages = [
    'README.md',
    ...readdirSync('docs')
      .filter((name) => name.endsWith('.md'))
      .map((name) => join('docs', name)),
  ]
  const words = pages.flatMap((page) =>
    readFileSync(join(repository, page), 'utf8')
      .split('\n')
      .flatMap((line) => commandOf(line)?.[0] ?? []),
  )

  expect(words.length).toBeGreaterThan(5)
  for (const word of new Set(words)) expect(stdout).toMatch(new RegExp(`^ {2}${word}\\b`, 'm'))
})

test('every linked page exists', () => {
  const pages = [
    'README.md',
    ...readdirSync('docs')
      .filter((name) => name.endsWith('.md'))
      .map((name) => join('docs', name)),
  ]
  const dead = pages.flatMap((page) =>
    [...readFileSync(join(repository, page), 'utf8').matchAll(/\]\((?!https?:)([^)#\s]+)/g)]
      .map(([, to = '']) => join(dirname(page), to))
      .filter((path) => !existsSync(join(repository, path)))
      .map((path) => `${page} leads to ${path}`),
  )

  expect(dead).toEqual([])
})
