import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, describe, expect, test} from 'vitest'
import type {HaosError} from '#dsl'
import {findTool, Toolbox} from '#engine'
import {readContent} from '#formats'
import {runInTree} from '#tools'
import {makeToolRun} from '../../../engine/toolbox/run-tool.ts'
import {openWorld, realMirror, realPackages} from '../../../test/alpine/recorded-world.ts'
import {makeMirror} from '../../../test/alpine/testing-mirror.ts'
import {type TestPackage, writeApk} from '../../../test/alpine/testing-packages.ts'
import {scratchDirectory} from '../../../test/scratch.ts'

import {findStaticBusybox} from '../../../test/static-busybox.ts'
import type {RootTree} from '../../root-tree.ts'

import {installPackages} from '../install/install-packages.ts'
import {unpackApk} from '../unpack/unpack-apk.ts'
import {knownScripts} from './run-scripts.ts'
import {sandboxedScripts} from './script-sandbox.ts'

const made = mkdtempSync(join(tmpdir(), 'haos-alpine-scripts-'))
afterAll(() => rmSync(made, {recursive: true, force: true}))

const {busybox, reason: noBusybox} = findStaticBusybox()
const noReal = existsSync(realPackages) ? undefined : 'no ../shared/alpine'
const otherMachine = process.arch === 'x64' ? undefined : 'this machine runs other programs'
const emulator = (await findTool('qemu-aarch64-static')) ?? (await findTool('qemu-aarch64'))
const world = ['alpine-baselayout', 'busybox']

const worlds = {
  made: {
    arch: 'x86_64',
    repositories: ['v3.19.1-iso/main'],
    world,
    from: makeMirror(made, {program: busybox}),
    missing: otherMachine ?? noBusybox,
  },
  x86_64: {
    arch: 'x86_64',
    repositories: ['v3.19.1-iso/main'],
    world,
    from: realMirror,
    missing: otherMachine ?? noReal,
  },
  aarch64: {
    arch: 'aarch64',
    repositories: ['v3.13.4-iso/main'],
    world,
    from: realMirror,
    missing: noReal ?? (process.arch === 'arm64' || emulator ? undefined : 'no qemu-user-static'),
  },
}

/** Installs a package with odd scripts on top of real ones, and runs them. */
async function install(name: keyof typeof worlds, pkg: TestPackage, scriptSilenceMs?: number) {
  const scratch = scratchDirectory()
  const {arch} = worlds[name]
  const packages = await openWorld(worlds[name], scratch)
  const file = join(scratch, 'odd.apk')
  const {version} = writeApk(file, pkg)
  packages.push(await unpackApk(file, {origin: `odd-${version}`, dataPath: join(scratch, 'odd')}))
  const epoch = 86_400
  const {signal} = new AbortController()
  const log = join(scratch, 'log')
  const tool = makeToolRun({toolbox: new Toolbox(), tools: [runInTree], log, scratch, epoch, signal, scriptSilenceMs})
  const otherwise = sandboxedScripts({arch, epoch, scratch, tool})
  return installPackages(packages, {world: ['odd'], arch, runScript: knownScripts({epoch, otherwise})})
}

const textOf = async (root: RootTree, path: string) => {
  const content = root.follow(path)?.entry.content
  return content && Buffer.from(await readContent(content)).toString()
}

const odd = (script: string, more: Partial<TestPackage> = {}): TestPackage => ({
  name: 'odd',
  version: '2-r1',
  scripts: {'.post-install': `#!/bin/sh\nset -e\n${script}\n`},
  ...more,
})

/** Ends a test where no program of the made world can run. */
function skipWithout(skip: (reason: string) => never): void {
  if (worlds.made.missing !== undefined) skip(worlds.made.missing)
}

describe('scripts that are run', () => {
  test.for([
    ['x86_64, of packages that the test makes,', 'made'],
    ['x86_64, of real packages,', 'x86_64'],
    ['aarch64, of real packages,', 'aarch64'],
  ] as const)('for %s see the root, its accounts and their arguments, and no network', async ([, name], {skip}) => {
    const {arch, missing} = worlds[name]
    if (missing !== undefined) skip(missing)
    const script = `
      for word in "$0" "$@"; do echo "$word"; done >/etc/called
      uname -m >>/etc/called
      grep -c : /proc/net/dev >>/etc/called
      [ ! -e ${import.meta.dirname} ] && [ ! -e /etc/debian_version ]
      addgroup -S odd && adduser -S -G odd -H odd
      chown odd:odd /etc/called
      chmod 4750 /etc/called
      ln -s called /etc/link
      rm -r /media`
    const root = await install(name, odd(script))

    expect(await textOf(root, '/etc/link')).toBe(`/lib/apk/exec/odd-2-r1.post-install\n2-r1\n${arch}\n1\n`)
    expect(root.get('/etc/called')?.entry).toMatchObject({mode: 0o4750, uid: 100, gid: 101})
    expect(await textOf(root, '/etc/passwd')).toContain('\nodd:x:100:101:')
    expect(root.has('/media')).toBe(false)
    expect(root.get('/dev/null')?.entry).toMatchObject({type: 'character-device', major: 1, minor: 3})
    expect(root.has('/lib/apk/exec/odd-2-r1.post-install')).toBe(false)
    // What the packages brought is as it was, and so is what known scripts did.
    expect(root.get('/bin/ls')?.entry).toMatchObject({type: 'symlink', target: '/bin/busybox'})
    expect(root.get('/etc/shadow')?.entry).toMatchObject({mode: 0o640, gid: 42})
  })

  test('as triggers get the directories that changed', async ({skip}) => {
    skipWithout(skip)
    const root = await install('made', {
      name: 'odd',
      info: ['triggers = /usr/share/odd/*'],
      entries: {'usr/share/odd/a/': {type: 'directory', mode: 0o755}, 'usr/share/odd/a/x': ''},
      scripts: {'.trigger': '#!/bin/sh\nfor d in "$@"; do ls "$d"; done >/etc/seen\n'},
    })

    expect(await textOf(root, '/etc/seen')).toBe('x\n')
  })

  test('that fail stop the build with the package and their output', async ({skip}) => {
    skipWithout(skip)
    const error: HaosError = await install('made', odd('for i in 1; do echo "no such thing" >&2; exit 3; done')).catch(
      (reason) => reason,
    )

    expect(error).toMatchObject({
      code: 'PACKAGE_INVALID',
      message: 'the post-install script of odd-2-r1 failed',
      details: {output: expect.stringContaining('no such thing')},
    })
  })

  test('that do not end are ended, with the package and what they said', async ({skip}) => {
    skipWithout(skip)
    const error = await install('made', odd('echo waiting; while :; do :; done'), 3000).catch((reason) => reason)

    expect(error).toMatchObject({
      code: 'TOOL_ENDLESS',
      message: 'the post-install script of odd-2-r1 does not end',
      details: {output: expect.stringContaining('waiting')},
    })
  })

  test('can change nothing of this machine', async ({skip}) => {
    skipWithout(skip)
    const file = join(scratchDirectory(), 'file')
    writeFileSync(file, 'whole', {mode: 0o666})
    const script = `
      mkdir -p /x && { mount -t tmpfs x /x || true; }
      for i in /proc/[0-9]*/root; do echo spoilt >"$i${file}" || true; done 2>/dev/null
      { mknod /x/disk b 8 0 && exit 1; } || true`
    await install('made', odd(script))

    expect(readFileSync(file, 'utf8')).toBe('whole')
  })
})
