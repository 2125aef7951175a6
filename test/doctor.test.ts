import {join} from 'node:path'
import {execa} from 'execa'
import {expect, test} from 'vitest'
import {sourceTools} from '#sources'
import {allTools} from '#tools'
import {readSourceFiles} from './source-files.ts'

const listed = new Set([...allTools, ...sourceTools].map(({name}) => name))
/** Only ordinary users need it, and the check of user namespaces looks for it. */
const elsewhere = ['newuidmap']

const modules = readSourceFiles().filter(({path}) => /^(?:engine|sources)\/(?:.*\/)?tools(?:\/[^/]+)?\.ts$/.test(path))

test.each(
  modules
    .filter(({path, text}) => !path.endsWith('.test.ts') && /^export .*defineTool</m.test(text))
    .map(({path}) => path),
)('doctor lists the tools declared in %s', async (path) => {
  const exported: Record<string, unknown> = await import(join(import.meta.dirname, '..', path))
  const names = Object.values(exported).flatMap((value) =>
    typeof value === 'object' && value !== null && 'purpose' in value && 'name' in value ? [value.name] : [],
  )

  expect(names.filter((name) => typeof name === 'string' && !listed.has(name) && !elsewhere.includes(name))).toEqual([])
})

test('a machine without tools gets a diagnosis, the one command, and exit status 4', async () => {
  const {exitCode, stdout, stderr} = await execa(
    process.execPath,
    [join('bin', 'haos-build.ts'), 'doctor', '--json'],
    // The sbin directories are always searched; xorriso is in none of them.
    {env: {PATH: '/nowhere'}, reject: false},
  )

  expect(stderr).toBe('')
  expect(exitCode).toBe(4)
  expect(JSON.parse(stdout)).toMatchObject({
    canBuild: false,
    fix: expect.stringMatching(/apt-get install --no-install-recommends .*xorriso/),
    tools: expect.arrayContaining([
      expect.objectContaining({name: 'xorriso', state: 'missing', fix: 'install xorriso'}),
    ]),
    host: expect.arrayContaining([expect.objectContaining({name: 'node', state: 'ok'})]),
  })
})
