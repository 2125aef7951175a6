import {cpSync, symlinkSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {type BuildEvent, digestOfFile, nodeHttp, PlanBuilder, Store, Toolbox} from '#engine'
import {chainTo, type LockedPackage} from '#image'
import {runPlan} from '../../engine/run/run-plan.ts'
import {DebianMirror, type TinyPackage} from '../../test/debian-mirror.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {serveDirectory} from '../../test/served-directory.ts'
import {debianSource} from './source.ts'

const shell: TinyPackage = {
  name: 'shell',
  version: '1:1.0~rc1+deb13-2',
  fields: {Essential: 'yes', 'Pre-Depends': 'libthing (>= 1)'},
  files: {'usr/bin/shell': 'shell 1\n'},
}
const libthing: TinyPackage = {name: 'libthing', version: '1.2-3'}
const program: TinyPackage = {name: 'program', version: '2', fields: {Depends: 'virtual', Recommends: 'extra'}}
const provider: TinyPackage = {name: 'provider', version: '7', fields: {Provides: 'virtual'}}
const extra: TinyPackage = {name: 'extra', version: '1'}
const meta: TinyPackage = {
  name: 'linux-image',
  version: '6.1',
  fields: {Depends: 'linux-image-6.1-x (= 6.1)', 'Installed-Size': '13'},
}
const kernel: TinyPackage = {name: 'linux-image-6.1-x', version: '6.1', fields: {'Installed-Size': '9000'}}
const enemy: TinyPackage = {name: 'enemy', version: '1', fields: {Conflicts: 'program'}}
const all = [shell, libthing, program, provider, extra, meta, kernel, enemy]

/** A signed mirror on the loopback address, and a source that knows no other. */
async function setUp(packages = all) {
  const mirror = new DebianMirror()
  mirror.publish(packages)
  const served = await serveDirectory(mirror.directory)
  const events: BuildEvent[] = []
  const context = {
    arch: 'amd64' as const,
    http: nodeHttp(),
    cacheDir: scratchDirectory(),
    recipeDirectory: mirror.directory,
    signal: new AbortController().signal,
    emit: (event: BuildEvent) => events.push(event),
    keep: (path: string) => digestOfFile(path),
  }
  const spec = debianSource.spec.parse({
    kind: 'debian',
    suite: 'test',
    updates: false,
    security: false,
    mirrors: [served.url],
    keyring: mirror.keyring,
  })
  const lock = (names: readonly string[], dependencies: 'all' | 'none' = 'all', changed: Partial<typeof spec> = {}) =>
    debianSource.lock({spec: {...spec, ...changed}, names, dependencies}, context)
  const update = (packages: readonly LockedPackage[], ...names: readonly string[]) =>
    debianSource.lock({spec, names: ['program'], dependencies: 'all', pinned: {packages, update: names}}, context)
  return {mirror, served, spec, context, events, lock, update}
}

const names = (packages: readonly LockedPackage[]) => packages.map(({name}) => name)

test('named packages are resolved with their dependencies and essential packages, and nothing else', async () => {
  const {lock} = await setUp()

  expect(names(await lock(['program']))).toEqual(['libthing', 'program', 'provider', 'shell'])
})

test('a named package is updated with those from the same source, and the others keep their versions', async () => {
  const {mirror, lock, update} = await setUp()
  const pinned = await lock(['program'])
  const newer = (item: TinyPackage, fields = item.fields ?? {}): TinyPackage => ({
    ...item,
    version: `${item.version}.1`,
    fields,
  })
  mirror.publish([
    ...all,
    newer(program),
    newer(libthing),
    newer(provider, {...provider.fields, Source: 'program (2)'}),
  ])
  const labels = (packages: readonly LockedPackage[]) => packages.map(({name, version}) => `${name} ${version}`)

  expect(labels(await update(pinned))).toEqual(labels(pinned))
  expect(labels(await update(pinned, 'program'))).toEqual([
    'libthing 1.2-3',
    'program 2.1',
    'provider 7.1',
    'shell 1:1.0~rc1+deb13-2',
  ])
})

test('if the others cannot keep their versions, all are chosen again, with a note', async () => {
  const {mirror, events, lock, update} = await setUp()
  const pinned = await lock(['program'])
  const needy = {...program, version: '3', fields: {Depends: 'libthing (>= 2)'}}
  mirror.publish([...all, needy, {...libthing, version: '2'}])

  expect((await update(pinned, 'program')).map(({name, version}) => `${name} ${version}`)).toContain('libthing 2')
  expect(events).toContainEqual(expect.objectContaining({message: expect.stringContaining('cannot keep')}))
})

test('each package is explained by what requires it, also by a name that it provides', async () => {
  const {spec, context} = await setUp()
  const packages = await debianSource.explain({spec, names: ['program'], dependencies: 'all'}, context)

  expect(chainTo('provider', packages)).toEqual(['program', 'program 2', 'provider 7'])
  expect(chainTo('libthing', packages)).toEqual([
    'essential on every Debian system',
    'shell 1:1.0~rc1+deb13-2',
    'libthing 1.2-3',
  ])
})

test('a locked package has its path on any mirror, its size and its digest', async () => {
  const {lock} = await setUp()
  const found = (await lock([])).find(({name}) => name === 'shell')

  expect(found).toEqual({
    name: 'shell',
    version: '1:1.0~rc1+deb13-2',
    arch: 'all',
    archive: 'main',
    path: 'pool/main/shell/shell_1.0~rc1+deb13-2_all.deb',
    sizeBytes: expect.any(Number),
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
})

test('for packages that are only unpacked, a metapackage stands for the one it depends on', async () => {
  const {lock} = await setUp()

  expect(names(await lock(['linux-image', 'program'], 'none'))).toEqual(['linux-image-6.1-x', 'program'])
})

test('unknown names are reported together, each with the nearest known one', async () => {
  const {lock} = await setUp()

  await expect(lock(['progam', 'shell=9', 'Nonsense'])).rejects.toMatchObject({
    code: 'PACKAGE_NOT_FOUND',
    details: {
      problems: [
        {path: 'progam', hint: 'Did you mean program?'},
        {path: 'shell=9', hint: 'There is 1:1.0~rc1+deb13-2.'},
        {path: 'Nonsense'},
      ],
    },
  })
})

test('packages that exclude each other are refused with the explanation of apt', async () => {
  const {lock} = await setUp()

  await expect(lock(['program', 'enemy'])).rejects.toMatchObject({
    code: 'PACKAGE_CONFLICT',
    details: {output: expect.stringContaining('enemy : Conflicts: program')},
  })
})

test('a mirror signed by an unknown key is refused', async () => {
  const {lock} = await setUp()
  const stranger = new DebianMirror()

  await expect(lock([], 'all', {keyring: stranger.keyring})).rejects.toMatchObject({code: 'SIGNATURE_INVALID'})
})

test('a mirror that serves the signed lists of another suite is refused', async () => {
  const {mirror, lock} = await setUp()
  cpSync(join(mirror.directory, 'dists/test'), join(mirror.directory, 'dists/other'), {recursive: true})

  await expect(lock([], 'all', {suite: 'other'})).rejects.toMatchObject({
    code: 'SIGNATURE_INVALID',
    message: expect.stringContaining('other'),
  })
})

test('lists that have expired or are dated in the future are refused whatever the configuration of apt on this machine, except those of a snapshot', async () => {
  const {mirror, lock, served} = await setUp()
  const hour = 60 * 60_000
  const at = (offset: number) => new Date(Date.now() + offset).toUTCString()
  const snapshot = {mirrors: [`${served.url}/20260101T000000Z`]}
  symlinkSync('.', join(mirror.directory, '20260101T000000Z'))

  mirror.publish(all, 'test', {Date: at(-48 * hour), 'Valid-Until': at(-24 * hour)})
  await expect(lock([])).rejects.toMatchObject({code: 'DOWNLOAD_FAILED', message: expect.stringContaining('expired')})
  expect(names(await lock([], 'all', snapshot))).toEqual(['libthing', 'shell'])

  mirror.publish(all, 'test', {Date: at(24 * hour)})
  await expect(lock([])).rejects.toMatchObject({code: 'DOWNLOAD_FAILED', message: expect.stringContaining('future')})
})

test('a mirror that does not answer is skipped, and the last one causes an error', async () => {
  const {lock, served, events} = await setUp()
  const dead = 'http://127.0.0.1:1024/debian'

  expect(names(await lock([], 'all', {mirrors: [dead, served.url]}))).toEqual(['libthing', 'shell'])
  expect(events).toMatchObject([{type: 'note', message: expect.stringContaining(dead)}])
  await expect(lock([], 'all', {mirrors: [dead]})).rejects.toMatchObject({code: 'DOWNLOAD_FAILED'})
})

test('a package that no mirror has any longer is reported, and resolving again finds the current one', async () => {
  const {mirror, lock, spec} = await setUp()
  const before = await lock(['extra'])
  mirror.publish([shell, libthing, {...extra, version: '1.1'}])
  const store = await Store.open(join(scratchDirectory(), 'store'))
  const fetchAll = (packages: readonly LockedPackage[]) => {
    const plan = new PlanBuilder(0)
    const refs = debianSource.fetch(spec, packages, plan)
    const artifacts = refs.map(({step}, index) => ({
      name: `${index}`,
      alias: `alias${index}`,
      role: 'x',
      image: 'x',
      arch: 'amd64',
      step,
    }))
    return runPlan(plan.finish(artifacts), {
      store,
      toolbox: new Toolbox(),
      kinds: plan.kinds,
      logs: scratchDirectory(),
      emit: () => {},
      signal: new AbortController().signal,
    })
  }

  await expect(fetchAll(before)).rejects.toMatchObject({code: 'DOWNLOAD_GONE'})
  const after = await lock(['extra'])
  expect(after.map(({name, version}) => `${name} ${version}`)).toContain('extra 1.1')
  expect((await fetchAll(after)).size).toBe(3)
})

test('the snapshot service is used last, in the directory of the archive of the package', async () => {
  const {lock, spec} = await setUp()
  const [item] = await lock([])
  const plan = new PlanBuilder(0)
  debianSource.fetch({...spec, snapshot: 'https://old.example.org/{archive}/20260101/'}, item ? [item] : [], plan)

  expect(plan.finish([]).origins[item?.sha256 ?? '']).toEqual([
    `${spec.mirrors?.[0]}/${item?.path}`,
    `https://old.example.org/debian/20260101/${item?.path}`,
  ])
})
