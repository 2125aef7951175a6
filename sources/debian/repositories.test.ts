import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {execaSync} from 'execa'
import {expect, test} from 'vitest'
import {download, isLocalPackage} from '#dsl'
import {type BuildEvent, digestOfBytes, digestOfFile, nodeHttp, PlanBuilder} from '#engine'
import {buildDeb, DebianMirror, type TinyPackage} from '../../test/debian-mirror.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {serveDirectory} from '../../test/served-directory.ts'
import {debianSource} from './source.ts'

const shell: TinyPackage = {name: 'shell', version: '1', fields: {Essential: 'yes'}}
const library: TinyPackage = {name: 'library', version: '1'}
const agent: TinyPackage = {name: 'agent', version: '3', fields: {Depends: 'library'}}

/** Debian, another repository, and a directory for what lies beside the recipe. */
async function setUp(vendorPackages: readonly TinyPackage[] = [agent]) {
  const [debian, vendor] = [new DebianMirror(), new DebianMirror()]
  debian.publish([shell, library])
  vendor.publish(vendorPackages, 'stable')
  const [served, sold] = [await serveDirectory(debian.directory), await serveDirectory(vendor.directory)]
  const directory = scratchDirectory()
  const events: BuildEvent[] = []
  const context = {
    arch: 'amd64' as const,
    http: nodeHttp(),
    recipeDirectory: directory,
    cacheDir: scratchDirectory(),
    signal: new AbortController().signal,
    emit: (event: BuildEvent) => events.push(event),
    keep: digestOfFile,
  }
  const base = {kind: 'debian', suite: 'test', updates: false, security: false, keyring: debian.keyring} as const
  const specWith = (more: object) => debianSource.spec.parse({...base, mirrors: [served.url], ...more})
  const lock = (spec: ReturnType<typeof specWith>, ...names: readonly string[]) =>
    debianSource.lock({spec, names, dependencies: 'all'}, context)
  return {vendor, sold, directory, context, events, specWith, lock}
}

const labels = (packages: readonly {readonly name: string; readonly version: string}[]) =>
  packages.map(({name, version}) => `${name} ${version}`)

test('packages of another repository are resolved with those of Debian, and fetched from it', async () => {
  const {vendor, sold, directory, specWith, lock} = await setUp()
  writeFileSync(join(directory, 'vendor.gpg'), readFileSync(vendor.keyring))
  const spec = specWith({repositories: [{url: `${sold.url}/`, suite: 'stable', key: './vendor.gpg'}]})
  const packages = await lock(spec, 'agent')

  expect(labels(packages)).toEqual(['agent 3', 'library 1', 'shell 1'])
  expect(packages[0]).toMatchObject({archive: new URL(sold.url).host, path: 'pool/main/agent/agent_3_all.deb'})
  const plan = new PlanBuilder(0)
  debianSource.fetch(spec, packages, plan)
  expect(plan.finish([]).origins[packages[0]?.sha256 ?? '']).toEqual([`${sold.url}/pool/main/agent/agent_3_all.deb`])
})

test('the key of a repository is a file, its text, or a download, and other keys are refused', async () => {
  const {vendor, sold, directory, specWith, lock} = await setUp()
  const bytes = readFileSync(vendor.keyring)
  const armored = execaSync('gpg', ['--enarmor', '--output', '-', vendor.keyring], {env: {GNUPGHOME: directory}})
  const text = armored.stdout.replaceAll('PGP ARMORED FILE', 'PGP PUBLIC KEY BLOCK')
  const withKey = (key: unknown) => lock(specWith({repositories: [{url: sold.url, suite: 'stable', key}]}), 'agent')
  const fetched = (sha256: string) => download({url: `${sold.url}/keys.gpg`, sha256})

  expect(labels(await withKey(text))).toContain('agent 3')
  expect(labels(await withKey(fetched(digestOfBytes(bytes))))).toContain('agent 3')
  await expect(withKey(fetched('a'.repeat(64)))).rejects.toMatchObject({code: 'DOWNLOAD_FAILED'})
  await expect(withKey('absent.asc')).rejects.toMatchObject({code: 'INPUT_INVALID'})
  await expect(withKey(new DebianMirror().keyring)).rejects.toMatchObject({code: 'SIGNATURE_INVALID'})
})

test('a package next to the recipe is resolved with its dependencies, and identified by its path and digest', async () => {
  const {directory, specWith, lock, context} = await setUp()
  const path = './packages/agent.deb'
  expect(isLocalPackage(path)).toBe(true)
  const file = buildDeb(join(directory, path), {...agent, version: '9'})
  const {length: sizeBytes} = readFileSync(file)
  const spec = specWith({localPackages: [{path, sha256: await digestOfFile(file), sizeBytes}]})
  const packages = await lock(spec, path)

  expect(labels(packages)).toEqual(['agent 9', 'library 1', 'shell 1'])
  expect(packages[0]).toEqual({
    name: 'agent',
    version: '9',
    arch: 'all',
    archive: 'local',
    path,
    sizeBytes,
    sha256: await digestOfFile(file),
  })
  const explained = await debianSource.explain({spec, names: [path], dependencies: 'all'}, context)
  expect(explained.find(({name}) => name === 'library')?.wantedBy).toEqual(['agent 9'])

  writeFileSync(join(directory, 'text.deb'), 'no package')
  const wrong = {path: './text.deb', sha256: digestOfBytes('no package'), sizeBytes: 10}
  await expect(lock(specWith({localPackages: [wrong]}), './text.deb')).rejects.toMatchObject({
    code: 'PACKAGE_INVALID',
    message: './text.deb is not a Debian package',
  })
})

test('firmware in a disabled component is refused with the name of the component', async () => {
  const {specWith, lock} = await setUp()

  await expect(lock(specWith({}), 'firmware-realtek')).rejects.toMatchObject({
    code: 'PACKAGE_NOT_FOUND',
    details: {hint: expect.stringContaining('non-free-firmware')},
  })
})

test('the package that requires systemd is reported when packages are pinned, with the chain of dependencies', async () => {
  const {vendor, sold, events, specWith, lock} = await setUp([
    {name: 'podman', version: '5', fields: {Depends: 'session'}},
    {name: 'session', version: '1', fields: {Depends: 'systemd'}},
    {name: 'systemd', version: '257'},
  ])
  const spec = specWith({repositories: [{url: sold.url, suite: 'stable', key: vendor.keyring}]})
  const notes = () => events.flatMap((event) => (event.type === 'note' ? [event.message] : []))
  await lock(spec, 'library')
  expect(notes()).toEqual([])
  await lock(spec, 'podman')

  expect(notes()).toEqual([
    expect.stringMatching(/^podman requires systemd \(podman → podman 5 → session 1 → systemd 257\), /),
  ])
})
