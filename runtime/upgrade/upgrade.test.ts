import {readdirSync, readFileSync, readlinkSync, realpathSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {PowerCut, ProgramHost} from '../../test/program-host.ts'
import {filesOf, makeNode, makeRelease, put, type ReleaseOptions} from '../../test/upgraded-node.ts'
import {writeTrial} from './boot-trial.ts'
import {readInstalled, switchRelease} from './installed.ts'
import {pruneReleases} from './prune.ts'

const contents = (options: ReleaseOptions) => {
  const files = Object.entries(filesOf(options))
  const of = (name: string) => files.find(([path]) => path.endsWith(`/${name}`))?.[1]
  return ['packages.squashfs', 'system.squashfs', 'vmlinuz', 'initrd', 'modules.squashfs'].map(of)
}

test('the new version boots next, on trial, and the old one is kept as the previous', () => {
  const {scratch, host, place, install, environment, booting} = makeNode()
  const next = {version: '2.0', kernel: '6.12.2'}

  expect(install(makeRelease(scratch, 'medium', next))).toEqual({kind: 'upgraded', id: '2.0', isOnTrial: true})

  expect(booting()).toEqual(contents(next))
  expect(booting('previous')).toEqual(contents({version: '1.0'}))
  expect(environment()).toEqual({release: '2.0', boots: 3, minutes: 15})
  const {current, previous} = readInstalled(host, place)
  expect([current.id, current.parts, previous?.id]).toEqual(['2.0', {own: '2.0', kernel: '6.12.2'}, '1.0'])
  expect(current.description?.version).toBe('2.0')
})

test.each([
  ['GRUB counts the boots', true, 1],
  ['stage 0 counts the boots', false, 3],
])(
  'a power cut at any change leaves the old version or the new one, complete, and the upgrade can be run again: %s',
  (_, hasGrub, step) => {
    const next = {version: '2.0', kernel: '6.12.2', kubernetes: 'v1.30'}
    const whole = makeNode({version: '1.0'}, {hasGrub})
    whole.install(makeRelease(whole.scratch, 'medium', next))
    expect(whole.host.changes).toBeGreaterThan(30)
    const seen = new Set<string>()
    for (let cutAt = 0; cutAt < whole.host.changes; cutAt += step) {
      const {scratch, host, install, booting, environment} = makeNode({version: '1.0'}, {hasGrub})
      const source = makeRelease(scratch, 'medium', next)
      host.cutAt = cutAt
      expect(() => install(source)).toThrow(PowerCut)

      const isNew = booting().join() === contents(next).join()
      if (!isNew) expect(booting()).toEqual(contents({version: '1.0'}))
      // A new version is never booted without being counted, and never without one to go back to.
      else expect([environment()?.release, booting('previous')]).toEqual(['2.0', contents({version: '1.0'})])
      seen.add(isNew ? 'new' : 'old')

      // Every one would take long.
      if (cutAt % (4 * step) > 0) continue
      host.cutAt = Number.POSITIVE_INFINITY
      install(source)
      expect(booting()).toEqual(contents(next))
      expect(booting('previous')).toEqual(contents({version: '1.0'}))
    }
    expect([...seen]).toEqual(['old', 'new'])
  },
)

test('the same version is not installed twice, and another build of it is', () => {
  const {scratch, install, booting} = makeNode()
  expect(install(makeRelease(scratch, 'same', {version: '1.0'}))).toEqual({kind: 'unchanged', id: '1.0'})

  const rebuilt = {version: '1.0', build: 'two'}
  const result = install(makeRelease(scratch, 'rebuilt', rebuilt))
  expect(result).toMatchObject({kind: 'upgraded', id: expect.stringMatching(/^1\.0\+[0-9a-f]{8}$/)})
  expect(booting()).toEqual(contents(rebuilt))
  expect(booting('previous')).toEqual(contents({version: '1.0'}))
})

test('a build whose parts lie under longer names is known by these, also when the shorter ones are free again', () => {
  const {scratch, host, place, install} = makeNode()
  const builds = ['two', 'three', 'four'].map((build, index) =>
    makeRelease(scratch, build, {version: `${index + 2}.0`, kernel: '6.12.1', build}),
  )
  for (const source of builds) {
    install(source)
    // It was healthy.
    writeTrial(host, place, undefined)
  }
  pruneReleases(host, place)
  expect(host.list('/haos/system/kernel')).not.toContain('6.12.1')

  expect(install(builds[2] ?? '')).toEqual({kind: 'unchanged', id: '4.0'})
})

test('of several upgrades only the version that runs and the one before it are kept', () => {
  const {scratch, host, place, install} = makeNode()
  for (const version of ['2.0', '3.0', '4.0']) {
    install(makeRelease(scratch, `medium-${version}`, {version, kernel: `6.12.${version}`}))
    // It was healthy.
    writeTrial(host, place, undefined)
  }
  pruneReleases(host, place)
  const {current, previous} = readInstalled(host, place)
  expect([current.id, previous?.id]).toEqual(['4.0', '3.0'])
  expect(host.list('/haos/system/haos')).toEqual(['3.0', '4.0', 'current', 'previous'])
  expect(host.list('/haos/system/kernel')).toEqual(['6.12.3.0', '6.12.4.0', 'current', 'previous'])
})

test('of a release only the parts that are asked for are taken', () => {
  const {scratch, host, place, install} = makeNode({version: '1.0', kubernetes: 'v1.29'})
  const source = makeRelease(scratch, 'medium', {version: '2.0', kernel: '6.12.2', kubernetes: 'v1.30'})
  install(source, {wanted: ['kernel']})
  expect(readInstalled(host, place).current.parts).toEqual({own: '1.0', kernel: '6.12.2', kubernetes: 'v1.29'})
  install(source, {wanted: ['own', 'kubernetes']})
  expect(readInstalled(host, place).current.parts).toEqual({own: '2.0', kernel: '6.12.2', kubernetes: 'v1.30'})
})

test('what was never booted is no way back: after two upgrades without a reboot, the version that ran before is', () => {
  const {scratch, install, booting} = makeNode()
  const source = makeRelease(scratch, 'medium', {version: '2.0', kernel: '6.12.2'})
  install(source, {wanted: ['own']})
  install(source, {wanted: ['kernel']})

  expect(booting()).toEqual(contents({version: '2.0', kernel: '6.12.2'}))
  expect(booting('previous')).toEqual(contents({version: '1.0'}))
})

test('a version that was never booted is booted without being counted after no failure of the next upgrade', () => {
  const {scratch, install, booting, environment} = makeNode()
  install(makeRelease(scratch, 'second', {version: '2.0'}))
  const source = makeRelease(scratch, 'third', {version: '3.0'})
  writeFileSync(join(scratch, source, 'haos/3.0/system.squashfs'), 'system 3.1 ')
  expect(() => install(source)).toThrow('damaged')

  expect([booting(), environment()]).toEqual([contents({version: '1.0'}), undefined])
})

test('a power cut at any change of an upgrade over a version that was never booted leaves the one that ran, or one that is counted', () => {
  const start = () => {
    const node = makeNode()
    node.install(makeRelease(node.scratch, 'second', {version: '2.0'}))
    return {...node, source: makeRelease(node.scratch, 'third', {version: '3.0'}), before: node.host.changes}
  }
  const whole = start()
  whole.install(whole.source)
  const seen = new Set<string>()
  // Every one would take long. From the end, where the new version is the current one for a few changes only.
  for (let cutAt = whole.host.changes - 1; cutAt >= whole.before; cutAt -= 4) {
    const {host, install, source, booting, environment} = start()
    host.cutAt = cutAt
    expect(() => install(source)).toThrow(PowerCut)
    const version = /^system (\S+)/.exec(booting()[1] ?? '')?.[1] ?? ''
    expect(booting()).toEqual(contents({version}))
    if (version !== '1.0')
      expect([environment()?.release, booting('previous')]).toEqual([version, contents({version: '1.0'})])
    seen.add(version)
  }
  expect([...seen]).toEqual(['3.0', '1.0', '2.0'])
})

test('the version that runs can be asked for again before another one was booted', () => {
  const {scratch, host, place, install, booting, environment} = makeNode()
  install(makeRelease(scratch, 'second', {version: '2.0'}))
  expect(install(makeRelease(scratch, 'first', {version: '1.0'}))).toEqual({
    ...{kind: 'upgraded', id: '1.0', isOnTrial: false},
  })
  expect([booting(), environment()]).toEqual([contents({version: '1.0'}), undefined])
  expect(readInstalled(host, place).current.description?.version).toBe('1.0')
})

test('a power cut at any change of a way back to an installed version leaves both complete', () => {
  const start = () => {
    const node = makeNode()
    node.install(makeRelease(node.scratch, 'second', {version: '2.0'}))
    writeTrial(node.host, node.place, undefined)
    return {...node, source: makeRelease(node.scratch, 'first', {version: '1.0'}), before: node.host.changes}
  }
  const whole = start()
  whole.install(whole.source)
  for (let cutAt = whole.before; cutAt < whole.host.changes; cutAt += 4) {
    const {host, install, source, booting} = start()
    host.cutAt = cutAt
    expect(() => install(source)).toThrow(PowerCut)
    for (const which of ['current', 'previous'] as const)
      expect([contents({version: '1.0'}), contents({version: '2.0'})]).toContainEqual(booting(which))
  }
})

test('while the version that runs is on trial, no other one is installed', () => {
  const {scratch, install, environment} = makeNode()
  install(makeRelease(scratch, 'second', {version: '2.0'}))
  put(scratch, {'run/haos/trial': '15\n'})
  const third = makeRelease(scratch, 'third', {version: '3.0'})
  expect(() => install(third)).toThrow(
    '2.0 runs on trial: upgrade once that is over, or go back first, by `haos rollback`',
  )
  expect(environment()).toEqual({release: '2.0', boots: 3, minutes: 15})
})

test('a node that has gone back and has not kept it yet installs nothing', () => {
  const {scratch, install} = makeNode()
  const source = makeRelease(scratch, 'second', {version: '2.0'})
  install(source)
  put(scratch, {'run/haos/fellback': '2.0\n'})
  expect(() => install(source)).toThrow('this node is going back from 2.0: try again once its services have started')
})

test('a release without Kubernetes keeps the one that the node has', () => {
  const {scratch, system, install} = makeNode({version: '1.0', kubernetes: 'v1.29'})
  install(makeRelease(scratch, 'medium', {version: '2.0'}))
  expect(readFileSync(join(system, 'k3s/current/k3s'), 'utf8')).toBe('k3s v1.29')
})

test.each([
  ['another product', {version: '2.0', product: 'edgeos'}, 'release of "edgeos"'],
  ['another architecture', {version: '2.0', arch: 'arm64'}, 'the node is amd64'],
] as const)('a release of %s is refused', (_, options, reason) => {
  const {scratch, install, environment} = makeNode()
  expect(() => install(makeRelease(scratch, 'medium', options))).toThrow(reason)
  expect(environment()).toBeUndefined()
})

test('a damaged file is found after it was copied, and nothing is changed', () => {
  const {scratch, install, booting, environment, host} = makeNode()
  const source = makeRelease(scratch, 'medium', {version: '2.0'})
  writeFileSync(join(scratch, source, 'haos/2.0/system.squashfs'), 'system 2.1 ')
  expect(() => install(source)).toThrow('damaged')
  expect(booting()).toEqual(contents({version: '1.0'}))
  expect(environment()).toBeUndefined()
  expect(host.list('/haos/system/haos')).not.toContain('2.0')
})

test('a release that failed here is refused until it is asked for again', () => {
  const {scratch, place, host, install} = makeNode()
  const source = makeRelease(scratch, 'medium', {version: '2.0'})
  install(source)
  switchRelease(host, place, {current: '1.0', previous: '1.0'})
  host.write(`${place.paths.release.of('2.0')}/failure`, 'k3s is not ready\n')
  expect(() => install(source)).toThrow('2.0 has failed on this node: k3s is not ready')
  expect(install(source, {force: true})).toMatchObject({kind: 'upgraded', id: '2.0'})
})

test('a full disk is found before anything is copied, after the oldest version has made room', () => {
  const {scratch, host, place, install} = makeNode()
  install(makeRelease(scratch, 'second', {version: '2.0'}))
  writeTrial(host, place, undefined)
  const full = new ProgramHost(scratch, {'df -Pk': 'x\n/dev/x 100 90 10 90% /\n'})
  expect(() => install(makeRelease(scratch, 'third', {version: '3.0'}), {}, full)).toThrow('10.2 kB free')
  expect(full.list('/haos/system/haos')).toEqual(['2.0', 'current'])
})

test('kernel arguments of the new release are used for it alone', () => {
  const {scratch, place, host, install} = makeNode()
  install(makeRelease(scratch, 'medium', {version: '2.0', cmdline: ['console=ttyS0', 'audit=1']}))
  expect(host.read(`${place.paths.release.of('2.0')}/boot.cfg`)).toMatch(
    /^linux \/haos\/system\/kernel\/\$kernel\/vmlinuz root=UUID=\$uuid haos\.mode=disk .*audit=1 \$entry\n$/,
  )
  expect(host.lstat(`${place.paths.release.of('1.0')}/boot.cfg`)).toBeUndefined()
})

test('the parts lead through one link, which a single rename changes', () => {
  const {scratch, system, install} = makeNode()
  install(makeRelease(scratch, 'medium', {version: '2.0'}))
  expect(readlinkSync(join(system, 'haos/current'))).toBe('../current/haos')
  expect(readlinkSync(join(system, 'current'))).toBe('releases/2.0')
  expect(realpathSync(join(system, 'haos/previous'))).toBe(realpathSync(join(system, 'haos/1.0')))
})

test('a file that is larger than the release says is not copied', () => {
  const {scratch, system, install} = makeNode()
  const source = makeRelease(scratch, 'medium', {version: '2.0', kernel: '6.12.2'})
  put(scratch, {'medium/kernel/6.12.2/vmlinuz': 'kernel 6.12.2 and more'})
  expect(() => install(source)).toThrow('/medium is damaged: kernel/6.12.2/vmlinuz does not have the size')
  expect(readdirSync(join(system, 'kernel/.6.12.2.new'))).toEqual([])
})

test('a copy that fails, as on a full disk, leaves nothing of the file', () => {
  const {scratch, system, host, install} = makeNode()
  const source = makeRelease(scratch, 'medium', {version: '2.0', kernel: '6.12.2'})
  const run = host.run.bind(host)
  host.run = (argv, options) => {
    const to = argv.at(-1) ?? ''
    if (!argv.includes('cp') || !to.endsWith('/modules.squashfs')) return run(argv, options)
    put(scratch, {[to.slice(1)]: 'half'})
    return {status: 1, stdout: 'cp: No space left on device'}
  }
  expect(() => install(source)).toThrow('No space left on device')
  expect(readdirSync(join(system, 'kernel/.6.12.2.new'))).toEqual(['initrd', 'vmlinuz'])
})
