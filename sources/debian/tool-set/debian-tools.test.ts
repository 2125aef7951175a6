import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import {dirname, join} from 'node:path'
import {execaSync} from 'execa'
import {expect, test} from 'vitest'
import {DebianSpec} from '#dsl'
import {type BuildEvent, defineTool, nodeHttp, Store} from '#engine'
import {buildDeb, DebianMirror, type TinyPackage} from '../../../test/debian-mirror.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {serveDirectory} from '../../../test/served-directory.ts'
import {debianTools} from './debian-tools.ts'

const packer: TinyPackage = {
  name: 'packer',
  version: '1.2-3',
  fields: {Depends: 'absent | virtual, libthing (>= 1)', Recommends: 'extra', 'Pre-Depends': 'loader'},
}
const provider: TinyPackage = {name: 'provider', version: '7', fields: {Provides: 'virtual'}}
const [libthing, loader, extra] = ['libthing', 'loader', 'extra'].map((name) => ({name, version: '1.0'})) as [
  TinyPackage,
  TinyPackage,
  TinyPackage,
]
const all = [packer, provider, libthing, loader, extra]

/** A signed mirror on the loopback address, and tools from it. */
async function setUp(packages: Parameters<DebianMirror['publish']>[0] = all) {
  const mirror = new DebianMirror()
  mirror.publish(packages)
  const served = await serveDirectory(mirror.directory)
  const notes: string[] = []
  const base = DebianSpec.parse({kind: 'debian', mirrors: [served.url], keyring: mirror.keyring})
  const context = {
    http: nodeHttp(),
    signal: new AbortController().signal,
    emit: (event: BuildEvent) => event.type === 'note' && notes.push(event.message),
    bases: [base],
  }
  const tools = (...names: string[]) => debianTools({names, suite: 'test', security: false, keys: []})
  const store = await Store.open(join(scratchDirectory(), 'store'))
  return {mirror, served, notes, context, tools, store}
}

test('tools are chosen with what they depend on and nothing else, and without apt', async () => {
  const {tools, context} = await setUp()
  const locked = await tools('packer').lock(context)

  expect(locked.map(({name}) => name)).toEqual(['libthing', 'loader', 'packer', 'provider'])
  expect(locked[2]).toMatchObject({
    version: '1.2-3',
    archive: 'main',
    path: 'pool/main/packer/packer_1.2-3_all.deb',
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
})

test('the latest version of a package is chosen', async () => {
  const {tools, context} = await setUp([
    {name: 'a', version: '9'},
    {name: 'b', version: '1'},
    {name: 'a', version: '10'},
  ])

  expect(await tools('a').lock(context)).toMatchObject([{version: '10'}])
})

test('a list that another key has signed is refused', async () => {
  const {tools, context} = await setUp()
  const {keyring} = new DebianMirror()
  const [base] = context.bases

  await expect(tools('packer').lock({...context, bases: [{...base, keyring} as DebianSpec]})).rejects.toMatchObject({
    code: 'SIGNATURE_INVALID',
  })
})

test('a list that was changed after it was signed is refused', async () => {
  const {tools, context, mirror} = await setUp()
  const path = join(mirror.directory, 'dists/test/InRelease')
  writeFileSync(path, readFileSync(path, 'utf8').replace('Origin: Test', 'Origin: Tets'))

  await expect(tools('packer').lock(context)).rejects.toMatchObject({code: 'SIGNATURE_INVALID'})
})

test('text around the signed part counts for nothing', async () => {
  const {tools, context, mirror} = await setUp()
  const path = join(mirror.directory, 'dists/test/InRelease')
  writeFileSync(path, `Suite: other\n${readFileSync(path, 'utf8')}\nSHA256:\n`)

  await expect(tools('packer').lock(context)).resolves.toHaveLength(4)
})

test('an unsigned list is refused', async () => {
  const {tools, context, mirror} = await setUp()
  writeFileSync(join(mirror.directory, 'dists/test/InRelease'), 'Suite: test\nSHA256:\n')

  await expect(tools('packer').lock(context)).rejects.toMatchObject({code: 'SIGNATURE_INVALID'})
})

test('an expired list is refused', async () => {
  const {tools, context, mirror} = await setUp()
  mirror.publish(all, 'test', {'Valid-Until': 'Sat, 01 Jan 2000 00:00:00 UTC'})

  await expect(tools('packer').lock(context)).rejects.toMatchObject({
    code: 'SIGNATURE_INVALID',
    message: expect.stringContaining('expired'),
  })
})

test('the signed list of another suite is refused', async () => {
  const {tools, context, mirror} = await setUp()
  mirror.publish(all, 'other')
  copyFileSync(join(mirror.directory, 'dists/other/InRelease'), join(mirror.directory, 'dists/test/InRelease'))

  await expect(tools('packer').lock(context)).rejects.toMatchObject({
    code: 'SIGNATURE_INVALID',
    message: expect.stringContaining('other'),
  })
})

test('a package list that is not the signed one is refused', async () => {
  const {tools, context, mirror} = await setUp()
  const path = join(mirror.directory, 'dists/test/main/binary-amd64/Packages')
  writeFileSync(path, readFileSync(path, 'utf8').replace('1.2-3', '1.2-4'))

  await expect(tools('packer').lock(context)).rejects.toMatchObject({code: 'DIGEST_MISMATCH'})
})

test('a missing package or dependency is an error that names it', async () => {
  const {tools, context, mirror} = await setUp()
  await expect(tools('paker').lock(context)).rejects.toMatchObject({
    code: 'PACKAGE_NOT_FOUND',
    hint: expect.stringContaining('packer'),
  })

  mirror.publish([packer, loader, libthing])
  await expect(tools('packer').lock(context)).rejects.toMatchObject({
    code: 'PACKAGE_NOT_FOUND',
    message: 'the archive has no package absent or virtual, which packer needs',
  })
})

const libraries = {x64: 'usr/lib/x86_64-linux-gnu', arm64: 'usr/lib/aarch64-linux-gnu'}[process.arch as string] ?? ''
const interpreter = {x64: '/lib64/ld-linux-x86-64.so.2', arm64: '/lib/ld-linux-aarch64.so.1'}[process.arch as string]

/** Packs a package with programs of this machine, and with its C library. */
function packPrograms(programs: Readonly<Record<string, string>>): string {
  const tree = scratchDirectory()
  const copy = (from: string, to: string) => {
    mkdirSync(dirname(join(tree, to)), {recursive: true})
    copyFileSync(realpathSync(from), join(tree, to))
  }
  for (const [name, from] of Object.entries(programs)) copy(from, `usr/bin/${name}`)
  copy(interpreter ?? '', `${libraries}/${interpreter?.split('/').at(-1)}`)
  copy(`/${libraries}/libc.so.6`, `${libraries}/libc.so.6`)
  symlinkSync('/usr/bin/first', join(tree, 'usr/bin/second'))
  mkdirSync(join(tree, 'DEBIAN'))
  writeFileSync(
    join(tree, 'DEBIAN/control'),
    'Package: programs\nVersion: 2.0-1\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: programs\n',
  )
  const output = join(scratchDirectory(), 'programs_2.0-1_all.deb')
  execaSync('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', tree, output])
  return output
}

/** The tools of a package with `cat` as `first` and, through an absolute symlink, as `second`. */
async function openPrograms() {
  const world = await setUp([packPrograms({first: '/usr/bin/cat'})])
  const source = world.tools('programs')
  const packages = await source.lock(world.context)
  const open = () => source.open(packages, {...world.context, store: world.store})
  return {...world, open}
}

const tool = (name: string) => defineTool<null>({name, purpose: 'test', package: 'programs', args: () => []})

test('a program runs by its own dynamic linker with its own libraries, also through a symlink', async () => {
  const toolbox = await (await openPrograms()).open()

  for (const name of ['first', 'second']) {
    const {path} = await toolbox.need(tool(name))
    const {stdout} = execaSync(path, ['/proc/self/maps'], {env: {}, extendEnv: false})
    const mapped = [...stdout.matchAll(/ (\/\S+)$/gm)].map(([, file = '']) => realpathSync(file))
    expect(mapped.length).toBeGreaterThan(0)
    expect(mapped.filter((file) => !file.startsWith(realpathSync(join(dirname(path), '..'))))).toEqual([])
  }
})

test('the identity of a program is the digest of what it is made of, whatever this machine has', async () => {
  const {open, context, store, tools} = await openPrograms()
  const identity = await (await open()).identity(tool('first'))
  expect(identity).toEqual({name: 'first', version: expect.stringMatching(/^2\.0-1 sha256:[0-9a-f]{32}$/)})

  // Another library, and nothing else.
  const other = await setUp([
    {name: 'front', version: '1', fields: {Depends: 'programs'}},
    packPrograms({first: '/usr/bin/cat', more: '/usr/bin/true'}),
  ])
  const packages = await other.tools('front').lock(other.context)
  const changed = await tools('front').open(packages, {...context, bases: other.context.bases, store})
  expect((await changed.identity(tool('first'))).version).not.toBe(identity.version)
})

test('a damaged program is found and unpacked again', async () => {
  const {open, notes, served} = await openPrograms()
  const {path} = await (await open()).need(tool('first'))
  const library = join(dirname(path), '..', libraries, 'libc.so.6')
  const good = readFileSync(library)
  const bad = Buffer.from(good)
  bad[4000] = (bad[4000] ?? 0) ^ 1
  const damages = [
    () => writeFileSync(library, bad),
    () => writeFileSync(library, good.subarray(0, 100)),
    () => unlinkSync(library),
    () => writeFileSync(join(dirname(library), 'libc.so.7'), good),
  ]
  for (const damage of damages) {
    damage()
    notes.length = 0
    await open()
    expect(notes[0]).toMatch(/damaged/)
    expect(readFileSync(library).equals(good)).toBe(true)
  }
  notes.length = 0
  served.requests.length = 0
  await open()
  expect([...notes, ...served.requests]).toEqual([])
})

test('no file of a package is written through a symlink', async () => {
  const outside = scratchDirectory()
  const tree = scratchDirectory()
  mkdirSync(join(tree, 'usr'), {recursive: true})
  symlinkSync(outside, join(tree, 'usr/escape'))
  mkdirSync(join(tree, 'DEBIAN'))
  writeFileSync(
    join(tree, 'DEBIAN/control'),
    'Package: a-link\nVersion: 1\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: a link\n',
  )
  const first = join(scratchDirectory(), 'a-link_1_all.deb')
  execaSync('dpkg-deb', ['--root-owner-group', '--build', tree, first])
  const second = buildDeb(join(scratchDirectory(), 'b-file_1_all.deb'), {
    name: 'b-file',
    version: '1',
    files: {'usr/escape/file': 'x'},
  })
  const {tools, context, store} = await setUp([first, second])
  const source = tools('a-link', 'b-file')
  const packages = await source.lock(context)

  await source.open(packages, {...context, store})
  expect(readdirSync(outside)).toEqual([])
})
