import {spawnSync} from 'node:child_process'
import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {expect, test} from 'vitest'
import {manualPages, pages, readPage} from '../docs/generate.ts'
import packageJson from '../package.json' with {type: 'json'}
import {folderRules} from './folder-rules.ts'
import {unpackedPackages} from './unpacked-packages.ts'

test.each(Object.entries({...pages, ...manualPages}))(
  'docs/reference/%s matches the code (otherwise run `npm run docs`)',
  async (name, render) => {
    expect(await readPage(name)).toBe(await render())
  },
)

test('mandoc and man have nothing to complain about in the manual page, which npm installs', ({skip}) => {
  const page = join('docs/reference', 'haos-build.1')
  expect(packageJson.man).toBe(page)
  const {directory, reason} = unpackedPackages('test-mandoc', ['mandoc'])
  if (directory === undefined) return skip(`no mandoc: ${reason}`)
  const {stdout, status} = spawnSync(join(directory, 'usr/bin/mandoc'), ['-T', 'lint', '-W', 'style', page], {
    encoding: 'utf8',
  })
  // A page without a date is meant to be one: it changes with the commands.
  const said = stdout.split('\n').filter((line) => line !== '' && !line.includes('missing date'))
  expect({said, failed: (status ?? 9) > 2}).toEqual({said: [], failed: false})

  const man = spawnSync('man', ['--warnings', '--local-file', page], {
    encoding: 'utf8',
    env: {...process.env, MANROFFSEQ: ''},
  })
  if (man.error === undefined) expect(man).toMatchObject({status: 0, stderr: ''})
})

test.each(Object.entries(pages))('no cell of a table in docs/reference/%s is empty', async (_, render) => {
  const rows = (await render()).split('\n').filter((line) => line.startsWith('| '))
  const empty = rows.filter((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .some((cell) => cell.trim() === ''),
  )

  expect(rows.length).toBeGreaterThan(0)
  expect(empty).toEqual([])
})

/** Pages about the files of a user's project. */
const ofAnotherProject = ['project.md', 'first-hour.md']

test('every file that the documentation names exists', () => {
  const pages = readdirSync('docs', {recursive: true, encoding: 'utf8'})
    .filter((name) => name.endsWith('.md') && !name.startsWith('reference') && !ofAnotherProject.includes(name))
    .map((name) => join('docs', name))
  const folders = [...Object.keys(folderRules), 'test', 'bench', 'docs'].join('|')
  const named = [...pages, 'README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'].flatMap((page) => {
    const text = readFileSync(page, 'utf8')
    const links = [...text.matchAll(/\]\(([^)#:]+?)(?:#[^)]*)?\)/g)].map(([, path = '']) => join(dirname(page), path))
    const paths = [...text.matchAll(new RegExp(`\`((?:${folders})/[\\w./-]+\\.\\w+)\``, 'g'))].map(
      ([, path = '']) => path,
    )
    return [...links, ...paths].map((path) => ({page, path}))
  })
  const absent = named.filter(({path}) => !path.includes('NAME') && !existsSync(path))

  expect(named.length).toBeGreaterThan(50)
  expect(absent).toEqual([])
})

test('every test that docs/hardening.md names exists, with that title', () => {
  const rows = readFileSync('docs/hardening.md', 'utf8').split('\n')
  const named = rows.flatMap((row) => {
    const [, path = '', title = ''] = /\| `((?:docs|runtime|test)\/[\w./-]+)`: (.*) \|$/.exec(row) ?? []
    return path === '' ? [] : [{path, title}]
  })
  const absent = named.filter(({path, title}) => !readFileSync(path, 'utf8').replaceAll("\\'", "'").includes(title))

  expect(named.length).toBeGreaterThan(20)
  expect(absent).toEqual([])
})
