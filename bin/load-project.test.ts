import {mkdirSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {execa} from 'execa'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../test/scratch.ts'

const repository = join(import.meta.dirname, '..')

/** Reads a recipe as the command line does, and says how that failed. */
async function readRecipe(
  text: string,
  recipe = 'haos.build.ts',
  words: readonly string[] = ['--spec'],
  files: Readonly<Record<string, string>> = {},
) {
  const directory = scratchDirectory()
  mkdirSync(join(directory, 'node_modules'))
  symlinkSync(repository, join(directory, 'node_modules/haos-build'))
  writeFileSync(join(directory, 'package.json'), '{"type": "module"}\n')
  writeFileSync(join(directory, 'haos.build.ts'), text)
  writeFileSync(join(directory, 'other.ts'), text)
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content)
  const program = [join(import.meta.dirname, 'start.ts'), 'plan', '--json', '--recipe', recipe, ...words]
  const {stdout, stderr, exitCode} = await execa(process.execPath, program, {
    cwd: directory,
    env: {HAOS_BUILD_STORE: join(directory, 'store')},
    reject: false,
  })
  const error: unknown = JSON.parse(stdout || '{}')
  return {path: join(directory, 'haos.build.ts'), directory, stderr, exitCode, error}
}

const head =
  "import {debian, defineImage, file, input} from 'haos-build'\nimport {setTimeout} from 'node:timers/promises'\n"
const image = "{name: 'x', version: '1', base: debian()}"

test.each([
  ['a function that throws', 'export default defineImage({}, () => {\n  throw new Error("no")\n})', ':4'],
  ['a function that throws a text', 'export default defineImage({}, () => {\n  throw "no"\n})', ''],
  ['a function that returns nothing', 'export default defineImage({}, () => undefined)', ''],
  ['a function that returns null', 'export default defineImage({}, () => null)', ''],
  ['an image that is undefined', 'export default defineImage(undefined)', ''],
  ['a thing that only says that it is an image', "export default {kind: 'haos-image'}", ''],
  ['an input that is a text', `export default defineImage({a: 'x'}, () => (${image}))`, ''],
  ['a file without its options', "export default defineImage({\n  parts: [\n    file('/x'),\n  ],\n})", ':5'],
  ['an end of the program', 'process.exit(0)', ':3'],
  ['an end of the program in the function', 'export default defineImage({}, () => process.exit(0))', ':3'],
  ['an await of what never comes', 'await new Promise(() => {})', ''],
  ['a syntax that is wrong', 'export default }', ':3'],
])('a recipe with %s is invalid, with its line if there is one', async (_, text, line) => {
  const {error, exitCode, stderr, path} = await readRecipe(head + text)

  expect({exitCode, stderr, error}).toMatchObject({
    exitCode: 2,
    stderr: '',
    error: {code: 'RECIPE_INVALID', at: `${path}${line}`},
  })
})

test('a recipe that Node treats as CommonJS is refused with the setting to change', async () => {
  const {error, path} = await readRecipe(`${head}export default defineImage(${image})`, undefined, undefined, {
    'package.json': '{"type": "commonjs"}',
  })

  expect(error).toMatchObject({
    code: 'RECIPE_INVALID',
    hint: `Write "type": "module" in ${join(path, '../package.json')}: recipes are ES modules.`,
  })
})

test('a recipe with a promise that settles is read', async () => {
  const {exitCode, error} = await readRecipe(`${head}await setTimeout(20)\nexport default defineImage(${image})`)

  expect({exitCode, error}).toMatchObject({exitCode: 0, error: {name: 'x'}})
})

test('a directory in place of a recipe is reported as a directory', async () => {
  const {exitCode, error, directory} = await readRecipe('', '.')

  expect({exitCode, error}).toMatchObject({exitCode: 2, error: {code: 'RECIPE_NOT_FOUND', at: directory}})
  expect(error).toMatchObject({hint: 'Name the file in it, such as --recipe haos.build.ts.'})
})

test('the suggested lock command contains the given recipe, architecture and inputs', async () => {
  const words = ['--arch', 'arm64', '--set', "motd=it's me"]
  const text = `${head}export default defineImage({motd: input.text('')}, () => (${image}))`
  const {error} = await readRecipe(text, 'other.ts', words)

  expect(error).toMatchObject({code: 'LOCK_MISSING'})
  expect(error).toHaveProperty(
    'hint',
    "Run `haos-build lock --recipe other.ts --arch arm64 --set 'motd=it'\\''s me'`, and commit haos.lock.json.",
  )
  expect((await readRecipe(text, 'haos.build.ts', [])).error).toMatchObject({
    hint: 'Run `haos-build lock`, and commit haos.lock.json.',
  })
})

test('a config file is read as on the node', async () => {
  const text = `${head}export default defineImage({...${image}, config: file('node.yaml')})`
  const {error, exitCode} = await readRecipe(text, 'haos.build.ts', ['--spec'], {
    'node.yaml': '# a comment\nhostname: edge-1\nhaos: {token: secret, k3s_args: [server, --debug]}\n',
  })

  expect({exitCode, error}).toMatchObject({
    exitCode: 0,
    error: {config: {hostname: 'edge-1', haos: {token: 'secret', k3s_args: ['server', '--debug']}}},
  })
  expect(error).not.toHaveProperty('configFile')
})

test('what a config file leaves empty on purpose stays empty', async () => {
  const text = `${head}export default defineImage({...${image}, config: file('node.yaml')})`
  const {error} = await readRecipe(text, 'haos.build.ts', ['--spec'], {
    'node.yaml':
      'hostname: ""\nssh_authorized_keys: []\nwrite_files: [{path: /a}]\nhaos: {data_sources: [], labels: {}, token: , install: {silent: false}}\n',
  })

  expect(error).toHaveProperty('config', {
    hostname: '',
    ssh_authorized_keys: [],
    write_files: [{path: '/a'}],
    haos: {data_sources: [], labels: {}, install: {silent: false}},
  })
})

test('a mistake in a config file is reported with line and column, and a missing file with its path', async () => {
  const recipe = (place: string) => `${head}export default defineImage({...${image}, config: file(${place})})`
  const {error, exitCode, directory} = await readRecipe(recipe("'./node.yaml'"), 'haos.build.ts', ['--spec'], {
    'node.yaml': 'hostname: edge-1\nhaos:\n  tokn: secret\n',
  })

  expect({exitCode, error}).toMatchObject({
    exitCode: 2,
    error: {
      code: 'CONFIG_INVALID',
      at: join(directory, 'node.yaml'),
      problems: [{path: '3:3: haos.tokn', hint: expect.stringContaining('token')}],
    },
  })
  expect(JSON.stringify(error)).not.toContain('secret')
  const absent = await readRecipe(recipe("new URL('./absent.yaml', import.meta.url)"))
  expect(absent.error).toMatchObject({
    code: 'CONFIG_INVALID',
    message: `${join(absent.directory, 'absent.yaml')} cannot be read`,
  })
})
