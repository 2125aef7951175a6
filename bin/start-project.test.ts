import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../test/scratch.ts'
import {startProject} from './start-project.ts'

const repository = join(import.meta.dirname, '..')
const start = (directory: string) => startProject(directory, {repository})
const described = (directory: string): unknown => JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))

test('a new project is named after its directory, in the recipe, in its config and in its test', async () => {
  const directory = join(scratchDirectory(), 'Edge_OS 2')
  await start(directory)

  for (const path of ['haos.build.ts', 'node.yaml', 'test/boot.test.ts']) {
    const text = readFileSync(join(directory, path), 'utf8')
    expect(text).toContain('edge-os-2')
    expect(text).not.toContain('my-image')
  }
  expect(readdirSync(directory)).toEqual(expect.arrayContaining(['.github', '.gitignore', 'tsconfig.json']))
})

test('existing files stay unchanged, and package.json is completed', async () => {
  const directory = scratchDirectory()
  writeFileSync(join(directory, 'tsconfig.json'), '{}')
  const scripts = {test: 'echo "Error: no test specified" && exit 1', dev: 'mine'}
  writeFileSync(join(directory, 'package.json'), JSON.stringify({name: 'x', type: 'commonjs', scripts, license: 'MIT'}))

  expect(await start(directory)).toMatchObject({
    kept: ['tsconfig.json'],
    written: expect.arrayContaining(['package.json']),
  })
  expect(readFileSync(join(directory, 'tsconfig.json'), 'utf8')).toBe('{}')
  expect(described(directory)).toMatchObject({
    ...{name: 'x', license: 'MIT', type: 'module'},
    scripts: {dev: 'mine', build: 'haos-build iso', test: expect.stringContaining('--test')},
    devDependencies: {'haos-build': expect.stringMatching(/^\^\d/), typescript: expect.any(String)},
  })
})

test('a package that the project already has is not required in another version', async () => {
  const directory = scratchDirectory()
  writeFileSync(join(directory, 'package.json'), '{"dependencies": {"haos-build": "file:../x.tgz"}}')
  await start(directory)

  expect(described(directory)).toMatchObject({dependencies: {'haos-build': 'file:../x.tgz'}})
  expect(described(directory)).not.toHaveProperty('devDependencies.haos-build')
})

test('a directory with a recipe, and a project in CommonJS, are refused unchanged', async () => {
  const directory = scratchDirectory()
  writeFileSync(join(directory, 'haos.build.ts'), '')
  await expect(start(directory)).rejects.toMatchObject({
    code: 'USAGE_INVALID',
    hint: expect.stringContaining('init DIR'),
  })
  expect(readdirSync(directory)).toEqual(['haos.build.ts'])

  const other = join(directory, 'other')
  mkdirSync(other)
  writeFileSync(join(other, 'package.json'), '{"type": "commonjs"}')
  writeFileSync(join(other, 'index.js'), '')
  await expect(start(other)).rejects.toMatchObject({code: 'USAGE_INVALID'})
  expect(readdirSync(other).sort()).toEqual(['index.js', 'package.json'])
})
