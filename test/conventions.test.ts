import {basename, join} from 'node:path'
import {execa} from 'execa'
import {expect, test} from 'vitest'
import * as z from 'zod'
import {errorCodes} from '#dsl'
import {Toolbox} from '#engine'
import {readSourceFiles} from './source-files.ts'
import {shellcheck} from './test-tools.ts'

const files = readSourceFiles()
const scripts = files.filter(({path}) => /\.(?:ts|mjs)$/.test(path))
/** Files that go into an image have the names that the image requires. */
const isImageFile = (path: string) => /^recipes\/.*\/files\//.test(path)

/** A file may be longer than 300 lines only for a reason. */
const longFiles: Readonly<Record<string, string>> = {
  'machine/machine.ts':
    'the whole of what a test may ask of a machine, each with its comment; the work is done elsewhere',
}

test('no file is longer than 300 lines, except those with a reason', () => {
  const long = scripts.filter(({text}) => text.split('\n').length > 301).map(({path}) => path)

  expect(long.filter((path) => !(path in longFiles))).toEqual([])
  expect(Object.keys(longFiles).filter((path) => !long.includes(path))).toEqual([])
})

test('files are kebab-case', () => {
  const isKebab = (name: string) =>
    /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:boot|matrix|fuzz|build|config))?(?:\.(?:test|d))?\.(?:ts|mjs)$/.test(name)

  expect(scripts.map(({path}) => path).filter((path) => !isKebab(basename(path)))).toEqual([])
})

test('no file or folder has a meaningless name', () => {
  const empty = /(?:^|[/.-])(?:utils?|helpers?|common|misc|managers?|shared|stuff)(?=[/.-]|$)/

  expect(files.map(({path}) => path).filter((path) => !isImageFile(path) && empty.test(path))).toEqual([])
})

test('all exports are named, except those of commands and recipes', () => {
  const mayDefault = /^bin\/commands\/|^recipes\/(?:haos|rke2os)\.ts$|\.(?:build|config)\.ts$/
  // Recipes in tests are texts.
  const code = (text: string) => text.replace(/`[^`]*`/g, '')
  const found = scripts.filter(({path, text}) => !mayDefault.test(path) && /^export default /m.test(code(text)))

  expect(found.map(({path}) => path)).toEqual([])
})

test('every error code is thrown somewhere', () => {
  const product = scripts.filter(
    ({path}) => !path.endsWith('.test.ts') && path !== 'dsl/error.ts' && !path.startsWith('test/'),
  )
  const unused = Object.keys(errorCodes).filter((code) => !product.some(({text}) => text.includes(`'${code}'`)))

  expect(unused).toEqual([])
})

test('no file names a mirror of Debian, a registry or a path on the machine of its author', () => {
  const hosts = [
    ['deb', 'debian', 'org'],
    ['snapshot', 'debian', 'org'],
    ['registry', 'npmjs', 'org'],
  ]
  const names = hosts.map((labels) => labels.join('.'))
  const places = ['work', 'tmp/n24', 'home/user'].map((path) => `/${path}/`)
  const found = files.flatMap(({path, text}) =>
    [...names, ...places].filter((name) => text.includes(name)).map((name) => `${path}: ${name}`),
  )

  expect(found).toEqual([])
})

test('no type check, lint or line of code is switched off without a reason', () => {
  const found = scripts.flatMap(({path, text}) =>
    [...text.matchAll(/@ts-(?:ignore|nocheck|expect-error)\b.*|biome-ignore [^:\n]*(?::\s*<[^>]*>|$)/gm)].map(
      ([line]) => `${path}: ${line}`,
    ),
  )

  expect(found.filter((line) => !line.startsWith('test/conventions.test.ts'))).toEqual([])
})

const PackageLock = z.object({
  packages: z.record(z.string(), z.object({optionalDependencies: z.record(z.string(), z.string()).optional()})),
})

test('the lock names every optional package, without which npm ci refuses it', () => {
  const {packages} = PackageLock.parse(JSON.parse(files.find(({path}) => path === 'package-lock.json')?.text ?? ''))
  const missing = Object.values(packages).flatMap(({optionalDependencies = {}}) =>
    Object.keys(optionalDependencies).filter((name) => !(`node_modules/${name}` in packages)),
  )

  expect(missing).toEqual([])
})

const shellScripts = files.filter(
  ({path, text}) => /^#!.*\b(?:sh|bash|openrc-run)\b/.test(text) && path !== 'test/conventions.test.ts',
)

test('shell scripts are POSIX, except the one that CI starts', () => {
  const others = shellScripts.filter(
    ({text}) => !/^#! ?\/(?:bin\/sh|sbin\/openrc-run|(?:bin|@BOOT@)\/busybox sh|haos\S* sh)/.test(text),
  )

  expect(others.map(({path}) => path)).toEqual(['.ci/run'])
})

test('shellcheck finds nothing in the shell scripts', async ({skip}) => {
  const found = await new Toolbox().find(shellcheck)
  if (!found && !process.env['CI']) skip('shellcheck is not installed')
  expect(found).toBeDefined()

  // openrc-run is a shell with its own commands, and with variables that a service only reads or only sets.
  const check = async (dialect: string, paths: readonly string[], ...more: string[]) =>
    (await execa(found?.path ?? '', ['--shell', dialect, ...more, ...paths], {all: true, reject: false})).all
  const services = shellScripts.filter(({text}) => text.includes('openrc-run'))
  const plain = shellScripts.filter((script) => !services.includes(script) && script.path !== '.ci/run')

  expect(
    await check(
      'sh',
      plain.map(({path}) => path),
    ),
  ).toBe('')
  expect(await check('bash', ['.ci/run'])).toBe('')
  if (services.length > 0)
    expect(
      await check(
        'sh',
        services.map(({path}) => path),
        '--exclude=SC2034,SC2154',
      ),
    ).toBe('')
})

const bin = (name: string) => join('node_modules', '.bin', name)
const say = async (...[program, ...args]: [string, ...string[]]) => {
  const {exitCode, all} = await execa(program, args, {all: true, reject: false, preferLocal: true})
  return exitCode === 0 ? '' : all
}

test('the tree is formatted, and the linter finds nothing', async () => {
  expect(await say(bin('biome'), 'check', '--colors=off', '.')).toBe('')
})

test('every file, export and dependency is used', async () => {
  expect(await say(bin('knip'), '--no-progress')).toBe('')
})

test.each([
  ['the builder', 'tsconfig.json'],
  ['the node', 'runtime/tsconfig.json'],
])(
  'the types of %s are right',
  async (_what, project) => {
    expect(await say(bin('tsc'), '--noEmit', '--pretty', 'false', '--project', project)).toBe('')
  },
  300_000,
)
