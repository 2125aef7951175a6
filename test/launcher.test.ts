import {execFile} from 'node:child_process'
import {chmod, cp, link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import packageJson from '../package.json' with {type: 'json'}

// A clone with the real launcher and a main program that prints how it was started. Its lock names one
// package in the same directory, so that the real npm installs it without a network.
const pinned = packageJson.haosBuild.node

let directory: string
let clone: string
let old: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'launcher test-'))
  clone = join(directory, 'a clone')
  old = join(directory, 'old')
  await mkdir(join(clone, 'bin'), {recursive: true})
  await mkdir(join(clone, 'brick'))
  await mkdir(old)
  for (const name of ['haos-build', 'with-node', 'install-node.mjs', 'install-dependencies.mjs']) {
    await cp(join('bin', name), join(clone, 'bin', name))
  }
  await writeFile(
    join(clone, 'bin', 'start.ts'),
    `const argv: string[] = process.argv.slice(2)
    console.log(JSON.stringify({argv, node: process.execPath, cache: process.env['NODE_COMPILE_CACHE']}))
    process.exitCode = 7`,
  )
  await writeFile(join(clone, 'brick', 'package.json'), '{"name": "brick", "version": "1.0.0"}')
  await lock('1.0.0')
})
afterEach(async () => {
  await rm(directory, {recursive: true})
})

/** Writes a package.json and its lock, which require one version of a package. */
async function lock(version: string): Promise<void> {
  const {type, haosBuild} = packageJson
  const dependencies = {brick: 'file:brick'}
  const project = {name: 'x', version, dependencies}
  await writeFile(join(clone, 'package.json'), JSON.stringify({...project, type, haosBuild}, null, 2))
  const packages = {
    '': project,
    brick: {version: '1.0.0'},
    'node_modules/brick': {resolved: 'brick', link: true},
  }
  await writeFile(
    join(clone, 'package-lock.json'),
    JSON.stringify({name: 'x', version, lockfileVersion: 3, requires: true, packages}, null, 2),
  )
}

/** Puts the clone into the state after an installation of its lock, without the seconds that npm takes. */
async function haveInstalled(): Promise<void> {
  await mkdir(join(clone, 'node_modules'))
  await cp(join(clone, 'package-lock.json'), join(clone, 'node_modules', '.haos-build.lock'))
}

/** Makes `node` on PATH report an old version, like that of a distribution. */
async function haveOldNode(): Promise<void> {
  const script = `#!/bin/sh\n[ "$1" = --version ] && echo v20.19.2 && exit\nexec '${process.execPath}' "$@"\n`
  await writeFile(join(old, 'node'), script, {mode: 0o755})
}

/** Puts the Node that runs this test at the path of the pinned one. */
async function havePinnedNode(): Promise<string> {
  const place = join(directory, 'cache', 'haos-build', 'node', pinned, 'bin')
  await mkdir(place, {recursive: true})
  const node = join(place, 'node')
  await link(process.execPath, node).catch(() => cp(process.execPath, node))
  return node
}

interface Ended {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

const launch = (words: readonly string[], {cwd = directory, path = process.env['PATH'] ?? ''} = {}): Promise<Ended> =>
  new Promise((resolve) => {
    const [program = '', ...args] = words
    const env = {...process.env, PATH: path, XDG_CACHE_HOME: join(directory, 'cache'), NODE_COMPILE_CACHE: ''}
    execFile(program, args, {cwd, env}, (error, stdout, stderr) => {
      resolve({status: error ? Number(error.code) : 0, stdout, stderr})
    })
  })

const newNode = () => [join(process.execPath, '..'), process.env['PATH']].join(':')
const oldNode = () => [old, process.env['PATH']].join(':')
const launcher = () => join(clone, 'bin', 'haos-build')

test.each([
  ['by its path', () => launch([launcher(), 'a b', '$c'], {path: newNode()})],
  ['from its own directory', () => launch(['./haos-build', 'a b', '$c'], {path: newNode(), cwd: join(clone, 'bin')})],
  ['by sh', () => launch(['sh', 'haos-build', 'a b', '$c'], {path: newNode(), cwd: join(clone, 'bin')})],
  [
    'through a symlink to a relative symlink',
    async () => {
      await symlink('a clone/bin/haos-build', join(directory, 'one'))
      await symlink(join(directory, 'one'), join(directory, 'two'))
      return launch([join(directory, 'two'), 'a b', '$c'], {path: newNode()})
    },
  ],
])('called %s, it passes arguments and exit status through', async (_how, call) => {
  await haveInstalled()
  const {status, stdout} = await call()

  expect(status).toBe(7)
  expect(JSON.parse(stdout)).toMatchObject({
    argv: ['a b', '$c'],
    cache: join(directory, 'cache', 'haos-build', 'compiled'),
  })
})

test('if Node is too old, the pinned one runs, and is what `node` means below', async () => {
  await haveInstalled()
  await haveOldNode()
  const node = await havePinnedNode()

  expect(JSON.parse((await launch([launcher()], {path: oldNode()})).stdout)).toMatchObject({node})
})

test('npm runs with its own Node and configuration, and gives up on a dead registry soon', async () => {
  await haveOldNode()
  await havePinnedNode()
  const script = `#!/bin/sh\nmkdir node_modules\nprintf '%s\\n' "$(command -v node)" "$@" >'${directory}/found'\n`
  await writeFile(join(old, 'npm'), script, {mode: 0o755})

  expect((await launch([launcher()], {path: oldNode()})).status).toBe(7)
  const [node, ...words] = (await readFile(join(directory, 'found'), 'utf8')).split('\n')
  expect(node).toBe(join(old, 'node'))
  expect(words).toEqual(expect.arrayContaining(['ci', '--fetch-retry-maxtimeout=5000']))
})

test('packages are installed once, also by two concurrent launchers, and again after a change of the lock', async () => {
  const both = await Promise.all([launch([launcher()], {path: newNode()}), launch([launcher()], {path: newNode()})])
  expect(both.map(({status}) => status)).toEqual([7, 7])
  expect(
    both
      .map(({stderr}) => stderr)
      .join('')
      .match(/installs npm packages/g),
  ).toHaveLength(1)
  expect(await readFile(join(clone, 'node_modules', 'brick', 'package.json'), 'utf8')).toContain('brick')

  expect((await launch([launcher()], {path: newNode()})).stderr).toBe('')

  await lock('1.0.1')
  await rm(join(clone, 'node_modules', '.package-lock.json'))
  expect((await launch([launcher()], {path: newNode()})).stderr).toContain('because package-lock.json has changed')
})

test('packages that a user installed with npm stay unchanged', async () => {
  await launch(['npm', 'install', '--offline', '--no-audit'], {cwd: clone, path: newNode()})
  const before = await stat(join(clone, 'node_modules', '.package-lock.json'))
  const {stderr} = await launch([launcher()], {path: newNode()})

  expect(stderr).toBe('')
  expect((await stat(join(clone, 'node_modules', '.package-lock.json'))).mtimeMs).toBe(before.mtimeMs)
})

test('if npm fails, the error has a hint, and a partial node_modules does not count', async () => {
  await writeFile(join(old, 'npm'), '#!/bin/sh\nmkdir -p node_modules/half\nexit 1\n', {mode: 0o755})
  const failed = await launch([launcher()], {path: [old, newNode()].join(':')})

  expect(failed).toMatchObject({status: 4, stdout: '', stderr: expect.stringContaining('run `npm ci` in')})
  expect((await launch([launcher()], {path: newNode()})).status).toBe(7)
})

test('without a network, an old Node causes an error with a hint, and leaves no files', async () => {
  await haveOldNode()
  await writeFile(join(old, 'npm'), '#!/bin/sh\necho "npm error code ENOTFOUND" >&2\nexit 1\n', {mode: 0o755})
  const {status, stderr} = await launch([launcher()], {path: oldNode()})

  expect(status).toBe(4)
  expect(stderr).toMatch(/installs Node .* because this machine has v20\.19\.2/)
  expect(stderr).toMatch(/could not fetch node-\S+ .*\n.*hint: .*Install Node 24 or newer/)
  expect(await readdir(join(directory, 'cache', 'haos-build', 'node'))).toEqual([])
})

test('a Node that is not the pinned one is refused', async () => {
  await haveOldNode()
  await writeFile(
    join(old, 'npm'),
    `#!/bin/sh\nwhile [ $# -gt 0 ]; do [ "$1" = --pack-destination ] && to=$2; what=\${what:-$2}; shift; done
    echo evil >"$to/$(echo "$what" | tr @ -).tgz"\n`,
    {mode: 0o755},
  )
  const {status, stderr} = await launch([launcher()], {path: oldNode()})

  expect(status).toBe(4)
  expect(stderr).toContain('than the pinned one: sha512-')
  expect(await readdir(join(directory, 'cache', 'haos-build', 'node'))).toEqual([])
})

test('a cache of another user is refused with the variable to set', async () => {
  await haveOldNode()
  await mkdir(join(directory, 'cache', 'haos-build', 'node'), {recursive: true})
  await chmod(join(directory, 'cache', 'haos-build', 'node'), 0o555)
  await chmod(directory, 0o755)
  // Root can write everywhere.
  const wrap = process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : []
  const {status, stderr} = await launch([...wrap, launcher()], {path: oldNode()})

  expect(status).toBe(4)
  expect(stderr).toContain('hint: set XDG_CACHE_HOME to a directory that you may write to')
})

test('a machine without Node gets an error with the package to install', async () => {
  await mkdir(join(directory, 'bare'))
  for (const name of ['sh', 'dirname', 'readlink', 'cmp', 'getent', 'id', 'cut']) {
    await symlink(`/usr/bin/${name}`, join(directory, 'bare', name))
  }
  const {status, stderr} = await launch([launcher()], {path: join(directory, 'bare')})

  expect(status).toBe(4)
  expect(stderr).toContain('apt-get install nodejs npm')
})

test('with its own Node there, it does not start the one on PATH to ask for its version', async () => {
  await haveInstalled()
  const node = await havePinnedNode()
  await writeFile(join(old, 'node'), '#!/bin/sh\necho asked >&2\nexit 1\n', {mode: 0o755})
  const {stderr, stdout} = await launch([launcher()], {path: oldNode()})
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toMatchObject({node})
})
