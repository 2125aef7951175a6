import {copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {execa} from 'execa'
import {afterAll, beforeAll, expect, test} from 'vitest'
import packageJson from '../package.json' with {type: 'json'}
import {type InstalledProject, installPackage} from './installed-package.ts'
import {readSourceFiles} from './source-files.ts'

// The package as users get it: packed, and installed into an empty project.

const repository = join(import.meta.dirname, '..')
const tsc = join(repository, 'node_modules/.bin/tsc')
const scratch = mkdtempSync(join(tmpdir(), 'haos-package-test-'))
let project: InstalledProject
beforeAll(async () => {
  project = await installPackage(scratch)
})
afterAll(() => rmSync(scratch, {recursive: true, force: true}))

const write = (name: string, content: string | object) =>
  writeFileSync(join(project.directory, name), typeof content === 'string' ? content : JSON.stringify(content))

const recipe = (config: string) => `import {debian, defineImage, defineRecipe, file, input, z} from 'haos-build'
import {base, bootMenu, nodeKernel} from 'haos-build/recipes'

const greeting = defineRecipe({
  name: 'greeting',
  options: z.strictObject({text: z.string().default('hello')}),
  parts: ({text}) => [file('/etc/motd', {text, replace: true})],
})

export default defineImage({flavour: input.choice(['generic', 'cloud'], 'generic')}, ({flavour}) => ({
  name: 'edge',
  version: '1.4.0',
  base: debian(),
  kernel: nodeKernel({flavour}),
  boot: bootMenu(),
  parts: [base(), greeting({text: 'edge node'})],
  config: ${config},
}))
`

test('npm links the program, and it runs', async () => {
  expect(await project.run('haos-build', '--version')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining(`haos-build/${packageJson.version} `),
    stderr: '',
  })
})

test('a recipe file with its own recipe and inputs is read', async () => {
  write('haos.build.ts', recipe("{hostname: 'edge-1'}"))
  const {stdout, stderr} = await project.run('haos-build', 'plan', '--spec', '--json', '--set', 'flavour=cloud')

  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toMatchObject({name: 'edge', kernel: {flavour: 'cloud'}, config: {hostname: 'edge-1'}})
})

test('a mistake in a recipe is a HaosError with the line of the recipe, not a bug in haos-build', async () => {
  write('wrong.build.ts', "import {debian, file} from 'haos-build'\n\nfile('/x', undefined)\n")
  const {stdout} = await project.run('haos-build', 'plan', '--json', '--recipe', 'wrong.build.ts')

  expect(JSON.parse(stdout)).toMatchObject({code: 'RECIPE_INVALID', at: expect.stringMatching(/wrong\.build\.ts:3$/)})
})

test('the package has the same plans as its repository, step by step', async () => {
  for (const name of ['haos.build.ts', 'haos.lock.json']) {
    copyFileSync(join(repository, name), join(project.directory, name))
  }
  const steps = async (program: string, cwd: string) => {
    const {stdout} = await execa(program, ['plan', 'iso', '--json'], {cwd, preferLocal: true, reject: false})
    const {steps}: {steps: {id: string; kind: string}[]} = JSON.parse(stdout)
    return steps.map(({id, kind}) => `${kind} ${id}`)
  }
  const planned = await steps('haos-build', project.directory)

  expect(planned.length).toBeGreaterThan(20)
  expect(planned).toEqual(await steps(join(repository, 'bin/haos-build'), repository))
})

const strict = {compilerOptions: {strict: true, module: 'nodenext', noEmit: true}, files: ['haos.build.ts', 'boots.ts']}
const boots = `import {boot, whyNoBoot} from 'haos-build/testing'
export async function hostname(): Promise<string | undefined> {
  if (await whyNoBoot()) return undefined
  await using machine = await boot('out/edge.iso', {memoryMiB: 512})
  await machine.login({user: 'rancher'})
  return (await machine.run('cat /etc/hostname')).output
}
`

const hasNoTypeError = async (tsconfig: object) => {
  write('haos.build.ts', recipe("{hostname: 'edge-1', haos: {token: 't'}}"))
  write('boots.ts', boots)
  write('tsconfig.json', tsconfig)
  expect(await project.run(tsc, '--pretty', 'false')).toMatchObject({exitCode: 0, stdout: ''})
}

test('a strict project without our settings and without types of Node has no type error', () => hasNoTypeError(strict))

test('a project that extends our settings has no type error', async () => {
  mkdirSync(join(project.directory, 'node_modules/@types'))
  symlinkSync(join(repository, 'node_modules/@types/node'), join(project.directory, 'node_modules/@types/node'))
  await hasNoTypeError({extends: 'haos-build/tsconfig.json', files: strict.files})
})

test.each([
  ['hostnam', "{hostnam: 'edge-1'}"],
  ['tokn', "{hostname: 'edge-1', haos: {tokn: 't'}}"],
])('tsc finds %s in a config', async (word, config) => {
  write('haos.build.ts', recipe(config))
  write('boots.ts', boots)
  write('tsconfig.json', strict)

  expect((await project.run(tsc, '--pretty', 'false')).stdout).toMatch(
    new RegExp(`^haos\\.build\\.ts\\(17,\\d+\\): .*'${word}' does not exist.*\\n?$`),
  )
})

test('a project that init has started has no type error, and its recipe is read', async () => {
  const started = join(project.directory, 'started')
  expect(await project.run('haos-build', 'init', started)).toMatchObject({exitCode: 0, stderr: ''})
  // As `npm install` would add it; this repository is a parent directory.
  mkdirSync(join(started, 'node_modules/@types'), {recursive: true})
  symlinkSync(join(repository, 'node_modules/@types/node'), join(started, 'node_modules/@types/node'))

  expect(await project.run(tsc, '--pretty', 'false', '--project', started)).toMatchObject({exitCode: 0, stdout: ''})
  const recipe = join(started, 'haos.build.ts')
  const {stdout} = await project.run('haos-build', 'plan', '--spec', '--json', '--recipe', recipe)
  expect(JSON.parse(stdout)).toMatchObject({name: 'started', config: {hostname: 'started'}})
  const config = join(started, 'node.yaml')
  expect(await project.run('haos-build', 'config', 'validate', config)).toMatchObject({exitCode: 0, stdout: ''})
})

test('haos-build/testing reports its required Node to an older one', async () => {
  const script = `Object.defineProperty(process.versions, 'node', {value: '20.19.2'}); await import('haos-build/testing')`
  const {exitCode, stderr} = await project.run(process.execPath, '--input-type=module', '--eval', script)

  expect(exitCode).toBe(1)
  expect(stderr).toContain('haos-build needs Node 24 or newer, but this is 20.19.2')
})

test('a real Node 20 can parse haos-build/testing, and gets the same message', async ({skip}) => {
  const old = '/usr/bin/node'
  const {stdout: version = ''} = await execa(old, ['--version'], {reject: false})
  if (!version.startsWith('v20.')) skip(`${old} is not Node 20`)
  const {stderr} = await project.run(old, '--input-type=module', '--eval', "await import('haos-build/testing')")

  expect(stderr).toMatch(/haos-build needs Node 24 or newer, but this is 20\./)
})

/** Source code without its comments. */
const code = (text: string) => text.replaceAll(/^\s*(?:\/?\*|\/\/).*$/gm, '')

test('every file that a module names relative to itself is in the package', async () => {
  const named = readSourceFiles()
    .filter(({path}) => path.endsWith('.ts') && !/^(?:test|bench|docs)\/|\.test\.ts$/.test(path))
    .flatMap(({path, text}) =>
      [...code(text).matchAll(/new URL\('(\.[^']+)', import\.meta\.url\)/g)].map(([, to = '']) =>
        join(dirname(path), to),
      ),
    )
    .filter((path) => !path.startsWith('bin/commands/'))
  const {stdout} = await project.run('find', 'node_modules/haos-build', '-type', 'f')
  const packed = stdout.split('\n').map((path) => path.slice('node_modules/haos-build/'.length))

  expect(named.length).toBeGreaterThan(2)
  expect(named.filter((path) => !packed.some((file) => file === path || file.startsWith(path)))).toEqual([])
  expect(packed).toContain('dist/THIRD-PARTY.txt')
  expect(packed.filter((path) => /\.test\.ts$|^(?:test|bench)\//.test(path))).toEqual([])
})
