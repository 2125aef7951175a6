import {execFileSync} from 'node:child_process'
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import {expect, onTestFinished, test} from 'vitest'
import {installHost} from '../../test/install-host.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import type {InstallStep} from './install-step.ts'
import {performInstall} from './perform-install.ts'
import {allOf, makeDirectory, replaceFile, replaceOnFat, replaceVersion} from './replacement.ts'

const isRoot = process.getuid?.() === 0

/** The target of an installation, with or without an older version of the system. */
function makeTarget(root: string, {isOld}: {readonly isOld: boolean}): void {
  mkdirSync(join(root, 'boot/grub'), {recursive: true})
  writeFileSync(join(root, 'boot/grub/grub.cfg'), 'menu of the other system\n')
  if (!isOld) return
  for (const version of ['1', '2']) {
    mkdirSync(join(root, `haos/system/haos/${version}`), {recursive: true})
    writeFileSync(join(root, `haos/system/haos/${version}/layers`), `old ${version}\n`)
  }
  symlinkSync('1', join(root, 'haos/system/haos/current'))
  writeFileSync(join(root, 'haos/system/config.yaml'), 'hostname: old\n')
}

/** Every path below a directory with its type or content. */
const contentOf = (root: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(root, {recursive: true, encoding: 'utf8'})
      .sort()
      .map((path) => {
        const status = lstatSync(join(root, path))
        if (status.isSymbolicLink()) return [path, `-> ${readlinkSync(join(root, path))}`]
        return [path, status.isDirectory() ? 'directory' : readFileSync(join(root, path), 'utf8').slice(0, 40)]
      }),
  )

/** The steps that install version 2 of a system. */
function stepsFor(root: string, source: string): InstallStep[] {
  const {prepare, commit, tidy} = allOf([
    replaceVersion({part: 'haos', version: '2', from: source, to: join(root, 'haos/system')}),
    replaceFile(join(root, 'haos/system/config.yaml'), `hostname: new\n#${'x'.repeat(20_000)}\n`, 0o600),
    {prepare: [makeDirectory(join(root, 'boot/grub'))], commit: [], tidy: []},
    replaceFile(join(root, 'boot/grub/grub.cfg'), 'new menu\n', 0o644),
  ])
  return [...prepare, ...commit, {kind: 'say', text: 'committed'}, ...tidy]
}

function makeSource(): string {
  const source = scratchDirectory()
  mkdirSync(join(source, 'haos/2'), {recursive: true})
  writeFileSync(join(source, 'haos/2/layers'), 'new 2\n')
  writeFileSync(join(source, 'haos/2/packages.squashfs'), Buffer.alloc(300_000, 'x'))
  return source
}

const quiet = {log: () => {}, debug: false}
const failing: InstallStep = {kind: 'run', argv: ['false']}

test.each([true, false])('any failing step leaves the target unchanged (with an older system: %s)', (isOld) => {
  const source = makeSource()
  const steps = stepsFor('', source)
  const committed = steps.findIndex(({kind}) => kind === 'say')
  for (let index = 0; index <= committed; index++) {
    const root = mkdtempSync(join(scratchDirectory(), 'root-'))
    makeTarget(root, {isOld})
    const before = contentOf(root)
    const broken = stepsFor(root, source).toSpliced(index, 0, failing)

    expect(() => performInstall(installHost, broken, quiet)).toThrow('false ended with status 1')
    expect(contentOf(root), `step ${index}`).toEqual(before)
  }
})

test('a version installed over an older one becomes the current one, and no temporary files are left', () => {
  const root = scratchDirectory()
  makeTarget(root, {isOld: true})
  performInstall(installHost, stepsFor(root, makeSource()), quiet)

  expect(contentOf(join(root, 'haos'))).toMatchObject({
    'system/haos/current': '-> 2',
    'system/haos/previous': '-> 1',
    'system/haos/2/layers': 'new 2\n',
  })
  expect(contentOf(root)['boot/grub/grub.cfg']).toBe('new menu\n')
  expect(readdirSync(join(root, 'haos/system/haos')).sort()).toEqual(['1', '2', 'current', 'previous'])
  expect(readdirSync(join(root, 'haos/system')).sort()).toEqual(['config.yaml', 'haos'])
})

/** Runs steps with a wrapper around a program that runs a check after each call. Returns the output of the checks. */
function watching(program: string, check: string, steps: readonly InstallStep[]): string {
  const directory = scratchDirectory()
  const seen = join(directory, 'seen')
  const real = execFileSync('sh', ['-c', `command -v ${program}`], {encoding: 'utf8'}).trim()
  const script = `#!/bin/sh\n${real} "$@"\nstatus=$?\n{ ${check}; } >>${seen} 2>&1\nexit $status\n`
  writeFileSync(join(directory, program), script, {mode: 0o755})
  writeFileSync(seen, '')
  const path = process.env['PATH']
  process.env['PATH'] = `${directory}:${path}`
  try {
    performInstall(installHost, steps, quiet)
  } finally {
    process.env['PATH'] = path
  }
  return readFileSync(seen, 'utf8')
}

test('while a version replaces itself, `current` resolves to a complete version after every rename', () => {
  const root = scratchDirectory()
  makeTarget(root, {isOld: true})
  const directory = join(root, 'haos/system/haos')
  symlinkSync('2', join(directory, 'next'))
  renameSync(join(directory, 'next'), join(directory, 'current'))
  const steps = stepsFor(root, makeSource())
  const check = `case $PWD in */haos/system/haos) echo "$(cat current/layers 2>&1)" ;; esac`
  const seen = watching('mv', check, steps).trim().split('\n')

  expect(seen.filter((line) => line !== 'old 2' && line !== 'new 2')).toEqual([])
  expect(seen.at(-1)).toBe('new 2')
  expect(readlinkSync(join(directory, 'current'))).toBe('2')
  expect(readdirSync(directory).sort()).toEqual(['1', '2', 'current'])
})

test('an interrupted installation of the same version can be repeated, and `current` is always complete', () => {
  const root = scratchDirectory()
  makeTarget(root, {isOld: true})
  const directory = join(root, 'haos/system/haos')
  mkdirSync(join(directory, '.2.new'))
  writeFileSync(join(directory, '.2.new/layers'), 'cut 2\n')
  symlinkSync('.2.new', join(directory, 'next'))
  renameSync(join(directory, 'next'), join(directory, 'current'))
  const check = `case $PWD in */haos/system/haos) cat current/layers ;; esac`
  const seen = ['rm', 'mv'].flatMap((program) => watching(program, check, stepsFor(root, makeSource())).split('\n'))

  expect(seen.filter((line) => !/^(?:cut|new) 2$|^$/.test(line))).toEqual([])
  expect(readlinkSync(join(directory, 'current'))).toBe('2')
  expect(readFileSync(join(directory, 'current/layers'), 'utf8')).toBe('new 2\n')
})

test('a replaced file on FAT stays open, and keeps its clusters, until the new one is on the disk', () => {
  const directory = scratchDirectory()
  writeFileSync(join(directory, 'BOOTX64.EFI'), 'old loader')
  writeFileSync(join(directory, 'loader'), 'new loader')
  const {prepare, commit} = replaceOnFat(directory, 'BOOTX64.EFI', join(directory, 'loader'))
  const seen = watching('sync', 'readlink /proc/$PPID/fd/*; true', [...prepare, ...commit])

  expect(seen).toContain(`${directory}/BOOTX64.EFI (deleted)\n`)
  expect(readFileSync(join(directory, 'BOOTX64.EFI'), 'utf8')).toBe('new loader')
})

// GRUB reads ext4 without its journal: a symlink must resolve even before its rename is on the disk.
test('replaced symlinks keep their inodes until the end', () => {
  const root = scratchDirectory()
  makeTarget(root, {isOld: true})
  const link = join(root, 'haos/system/haos/current')
  const inode = lstatSync(link).ino
  const steps = stepsFor(root, makeSource())
  const committed = steps.findIndex(({kind}) => kind === 'say')
  performInstall(installHost, steps.slice(0, committed), quiet)

  expect(lstatSync(link).ino).not.toBe(inode)
  expect(lstatSync(join(root, 'haos/system/haos/.current.old')).ino).toBe(inode)
})

test.skipIf(!isRoot)('a full disk leaves the target unchanged, however much was free', () => {
  const source = makeSource()
  const root = scratchDirectory()
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,nr_inodes=40', 'full', root])
  onTestFinished(() => void execFileSync('umount', [root]))
  const outcomes = new Set<string>()
  for (let freeKib = 0; freeKib <= 400; freeKib += 20) {
    for (const name of readdirSync(root)) rmSync(join(root, name), {recursive: true})
    makeTarget(root, {isOld: true})
    const before = contentOf(root)
    const available = Number(/\s(\d+)\s+\d+%/.exec(execFileSync('df', ['-Pk', root], {encoding: 'utf8'}))?.[1])
    writeFileSync(join(root, 'ballast'), Buffer.alloc((available - freeKib) * 1024))
    let outcome = 'done'
    try {
      performInstall(installHost, stepsFor(root, source), quiet)
    } catch {
      outcome = 'failed'
    }
    outcomes.add(outcome)
    rmSync(join(root, 'ballast'))
    if (outcome === 'failed') expect(contentOf(root), `with ${freeKib} KiB free`).toEqual(before)
  }
  expect([...outcomes].sort()).toEqual(['done', 'failed'])
})
