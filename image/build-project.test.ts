import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {expect, test} from 'vitest'
import {debian, defineImage, HaosError, kernel} from '#dsl'
import {type BuildEvent, nodeHttp} from '#engine'
import {runtimeBundleOptions} from '#runtime'
import {sources} from '#sources'
import {isoTarget} from '#targets'
import {DebianMirror, type TinyPackage} from '../test/debian-mirror.ts'
import {scratchDirectory} from '../test/scratch.ts'
import {serveDirectory} from '../test/served-directory.ts'
import {buildProjects, lockProjects} from './build-project.ts'
import {plainVariant} from './lock/variant.ts'

const kernelPackages = (version: string): TinyPackage[] => [
  {
    name: 'linux-image-amd64',
    version,
    fields: {Depends: `linux-image-${version}-x (= ${version})`, 'Installed-Size': '13'},
  },
  {name: `linux-image-${version}-x`, version, fields: {'Installed-Size': '9000'}},
]

const world = (version: string, kernelVersion = '6.2'): TinyPackage[] => [
  {name: 'shell', version: '1', fields: {Essential: 'yes'}},
  {name: 'program', version},
  ...kernelPackages(kernelVersion),
  ...['grub-efi-amd64-bin', 'grub-pc-bin', 'busybox-static'].map((name) => ({name, version: '1'})),
]

/** A project whose packages come from a mirror on the loopback address. */
async function project(packages: readonly string[] = ['program']) {
  const mirror = new DebianMirror()
  const served = await serveDirectory(mirror.directory)
  const directory = scratchDirectory()
  const events: BuildEvent[] = []
  const workshop = {
    sources,
    http: nodeHttp({tries: 1}),
    repository: fileURLToPath(new URL('..', import.meta.url)),
    bundleOptions: runtimeBundleOptions,
    storeDirectory: join(directory, 'store'),
    emit: (event: BuildEvent) => void events.push(event),
    signal: new AbortController().signal,
    install: false,
  }
  const base = {suite: 'test', updates: false, security: false, mirrors: [served.url], keyring: mirror.keyring}
  const of = (names: readonly string[]) => ({
    spec: defineImage({
      name: 'x',
      version: '1',
      base: debian({...base, packages: [...names]}),
      kernel: kernel({initrd: ['virtio_blk']}),
    }).resolve({set: {}}),
    arch: 'amd64' as const,
    variant: plainVariant,
    directory,
    lockPath: join(directory, 'haos.lock.json'),
    lockCommand: 'haos-build lock',
    recipe: 'haos.build.ts',
  })
  const lock = (options: {update?: boolean; allowDowngrade?: boolean; packages?: string[]} = {}) =>
    lockProjects([of(options.packages ?? packages)], workshop, {
      update: options.update ?? false,
      allowDowngrade: options.allowDowngrade ?? false,
    })
  const build = () =>
    buildProjects([of(packages)], workshop, {targets: [isoTarget], out: join(directory, 'out'), locked: false})
  const pins = () => readFileSync(join(directory, 'haos.lock.json'), 'utf8')
  const alarms = () => events.flatMap((event) => (event.type === 'alarm' ? [event.message] : []))
  return {mirror, lock, build, pins, alarms}
}

test('a mirror that has only an earlier version than the pinned one stops the build, and the lock file stays unchanged', async () => {
  const {mirror, lock, build, pins} = await project()
  mirror.publish(world('2'))
  await lock()
  const before = pins()
  mirror.publish(world('1'))

  const failure = await build().catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(HaosError)
  expect(failure).toMatchObject({
    code: 'PACKAGE_DOWNGRADED',
    details: {problems: [{path: 'x/amd64/base', message: 'program is downgraded from 2 to 1'}]},
  })
  expect(pins()).toBe(before)
})

test('an update pins an earlier version only if that is allowed, and then with an alarm', async () => {
  const {mirror, lock, pins, alarms} = await project()
  mirror.publish(world('2', '6.2'))
  await lock()
  mirror.publish(world('2', '6.1'))

  await expect(lock({update: true})).rejects.toMatchObject({code: 'PACKAGE_DOWNGRADED'})
  expect(alarms()).toEqual([])
  await lock({update: true, allowDowngrade: true})
  expect(alarms()).toEqual(['x/amd64/kernel: linux-image-6.2-x 6.2 is downgraded to linux-image-6.1-x 6.1'])
  expect(pins()).toContain('linux-image-6.1-x')
})

test('a changed recipe downgrades only packages that it names with a version', async () => {
  const {mirror, lock} = await project()
  mirror.publish(world('2'))
  await lock()
  mirror.publish([...world('1'), {name: 'other', version: '1'}])

  await expect(lock({packages: ['program', 'other']})).rejects.toMatchObject({code: 'PACKAGE_DOWNGRADED'})
  await lock({packages: ['program=1', 'other']})
})
