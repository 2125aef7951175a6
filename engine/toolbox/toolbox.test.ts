import {chmod, mkdtemp, readdir, readFile, rm, utimes, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {delimiter, join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {defineTool, searchPath} from './tool.ts'
import {Toolbox} from './toolbox.ts'

const frob = defineTool<null>({name: 'frob', purpose: 'frobnicate', package: 'frob-tools', args: () => []})

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'toolbox-'))
})
afterEach(async () => {
  await rm(directory, {recursive: true})
})

/** Installs a program that prints a version and counts how often it is asked. */
async function install(printed: string): Promise<void> {
  const program = join(directory, 'frob')
  await writeFile(program, `#!/bin/sh\necho asked >>'${directory}/asked'\n${printed}\n`)
  await chmod(program, 0o755)
}

const timesAsked = async () => (await readFile(join(directory, 'asked'), 'utf8').catch(() => '')).split('\n').length - 1
const toolbox = () =>
  new Toolbox({cacheFile: join(directory, 'cache', 'tools.json'), path: [directory, searchPath()].join(delimiter)})

test('a version is queried once, and not again by the next build', async () => {
  await install('echo "frob (Debian) 1.2.3-4+deb13u1, no warranty 0.0"')

  expect(await Promise.all([toolbox().identity(frob), toolbox().identity(frob)])).toHaveLength(2)
  const before = await timesAsked()
  expect(await toolbox().identity(frob)).toEqual({name: 'frob', version: '1.2.3-4+deb13u1'})
  expect(await timesAsked()).toBe(before)
  expect(await readdir(join(directory, 'cache'))).toEqual(['tools.json'])
})

test('the version of an upgraded program is queried again', async () => {
  await install('echo 1.0')
  await toolbox().identity(frob)
  await install('echo 1.1')
  await utimes(join(directory, 'frob'), 1, 1)

  expect(await toolbox().identity(frob)).toMatchObject({version: '1.1'})
})

test('a damaged cache counts as empty', async () => {
  await install('echo 1.0')
  await toolbox().identity(frob)
  await writeFile(join(directory, 'cache', 'tools.json'), '{"/x": 3}')

  expect(await toolbox().identity(frob)).toMatchObject({version: '1.0'})
})

test('a version printed on standard error by a failing program is accepted', async () => {
  await install('echo "mke2fs 1.47.0 (5-Feb-2023)" >&2; exit 1')

  expect(await toolbox().identity(frob)).toMatchObject({version: '1.47.0'})
})

test('a program without a version is identified by its digest', async () => {
  await install('echo usage: frob')
  const {version} = await toolbox().identity(frob)
  await install('echo Usage: frob')

  expect(version).toMatch(/^sha256:[0-9a-f]{16}$/)
  expect(await toolbox().identity(frob)).not.toEqual({name: 'frob', version})
})

test.each([
  ['1.9.0', '1.10.0', 'TOOL_TOO_OLD'],
  ['1.10', '1.10.0', undefined],
  ['2.0', '1.10.0', undefined],
  ['1.10.0-rc1', '1.10.0', undefined],
])('version %s where %s is needed: %s', async (version, minVersion, code) => {
  await install(`echo ${version}`)
  const needed = toolbox().need({...frob, minVersion})

  await (code ? expect(needed).rejects.toMatchObject({code, hint: expect.stringContaining('frob-tools')}) : needed)
})

test('a newly installed tool is found after a refresh', async () => {
  const tools = toolbox()
  await expect(tools.need(frob)).rejects.toMatchObject({code: 'TOOL_MISSING'})
  await install('echo 1.0')
  tools.refresh()

  expect(await tools.need(frob)).toMatchObject({version: '1.0'})
})

test("a tool that enters namespaces is this machine's beside a pinned one of its name, and finds this machine's programs", async () => {
  await install('echo frob 1.2')
  const pinned = {name: 'frob', path: '/pinned/bin/frob', version: '2.0-pinned'}
  const toolbox = new Toolbox({
    path: [directory, searchPath()].join(delimiter),
    pinned: {directory: '/pinned/bin', programs: new Map([['frob', pinned]])},
  })
  const ofHost = {...frob, ofHost: true}

  expect(await toolbox.identity(frob)).toEqual({name: 'frob', version: '2.0-pinned'})
  expect(await toolbox.need(ofHost)).toEqual({name: 'frob', path: join(directory, 'frob'), version: '1.2'})
  expect(toolbox.pathFor(frob)).toMatch(/^\/pinned\/bin:/)
  expect(toolbox.pathFor(ofHost)).not.toContain('/pinned')
})
