import {execFileSync} from 'node:child_process'
import {appendFileSync, chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {execa} from 'execa'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {folderRules} from './folder-rules.ts'

// The real program in a separate clone, so that its bundle is not shared.
const scratch = mkdtempSync(join(tmpdir(), 'haos-start-test-'))
const clone = join(scratch, 'clone')
const modules = join(clone, 'node_modules')
beforeAll(() => {
  const folders = Object.keys(folderRules).filter((name) => name !== 'tools')
  const parts = [...folders, 'package.json', 'package-lock.json']
  for (const name of parts) cpSync(name, join(clone, name), {recursive: true})
  mkdirSync(modules)
  for (const name of readdirSync('node_modules')) {
    if (!name.startsWith('.')) symlinkSync(join(process.cwd(), 'node_modules', name), join(modules, name))
  }
})
afterAll(() => rmSync(scratch, {recursive: true, force: true}))

const start = (...words: string[]) =>
  execFileSync(process.execPath, [join(clone, 'bin/start.ts'), ...words], {
    encoding: 'utf8',
    env: {...process.env, NODE_COMPILE_CACHE: join(scratch, 'compiled')},
  })
const bundles = () => readdirSync(join(modules, '.cache/haos-build')).filter((name) => !name.endsWith('.json'))

test('the program is bundled at its first start and again after an edit, and its output is the same', () => {
  const said = start('--version')
  expect(said).toMatch(/^haos-build\/\d/)
  expect(start('--version')).toBe(said)
  expect(bundles()).toHaveLength(1)

  appendFileSync(join(clone, 'bin/haos-build.ts'), "\nconsole.log('edited')\n")
  expect(start('--version')).toBe(`${said}edited\n`)
  expect(bundles()).toHaveLength(2)
})

test('an error is rendered with its hint, as without a bundle', () => {
  const failure = (() => {
    try {
      return start('plan', '--recipe', join(scratch, 'absent.ts'))
    } catch (error) {
      return String(Object(error).stderr)
    }
  })()

  expect(failure).toContain('there is no recipe')
  expect(failure).toMatch(/hint/i)
})

test('it also starts if no bundle can be written', () => {
  rmSync(join(modules, '.cache'), {recursive: true})
  // A file in its place stops root, too.
  cpSync(join(clone, 'package.json'), join(modules, '.cache'))
  chmodSync(join(modules, '.cache'), 0o444)

  expect(start('--version')).toMatch(/^haos-build\/\d/)
})

test('a reader that stops reading causes no warning, and a script gets the status of SIGPIPE', async () => {
  const running = execa(process.execPath, [join(clone, 'bin/start.ts'), 'iso', '--help'], {
    reject: false,
    buffer: {stdout: false},
  })
  running.stdout.destroy()

  expect(await running).toMatchObject({exitCode: 141, stderr: ''})
})
