import {execFileSync} from 'node:child_process'
import {chmodSync, mkdirSync, symlinkSync} from 'node:fs'
import {join} from 'node:path'
import {beforeEach, expect, test} from 'vitest'
import {readTree} from '#formats'
import {buildTinyBase} from '../../../test/acceptance/tiny-packages.ts'
import {whyNoTinyWorld} from '../../../test/acceptance/tiny-world.ts'
import {buildDeb} from '../../../test/debian-mirror.ts'
import {runStep} from '../../../test/run-step.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {debianRoot} from './debian-root.ts'

const missing = whyNoTinyWorld()
if (missing !== undefined && process.env['CI']) throw new Error(missing)
beforeEach(({skip}) => skip(missing !== undefined, missing))

const labelOf = ['--show', '--showformat', '${Package} ${Version}']

/** Makes a root of packages and of the base that dpkg needs, and gives modes of paths. */
async function modesOf(debs: readonly string[]): Promise<Record<string, string>> {
  const archives = [buildTinyBase(), ...debs]
  const labels = archives.map((path) => execFileSync('dpkg-deb', [...labelOf, path], {encoding: 'utf8'}))
  const tree = await runStep(debianRoot, {archives}, {arch: 'amd64', labels})
  const modes: Record<string, string> = {}
  for await (const {path, mode} of readTree(tree)) modes[path] = mode.toString(8)
  return modes
}

/** Packs a package whose tree is made ready by a function. dpkg itself need not unpack any of it. */
function packed(name: string, prepare: (tree: string) => void): string {
  const deb = buildDeb(join(scratchDirectory(), `${name}.deb`), {name, version: '1', files: {'DEBIAN/md5sums': '\n'}})
  const tree = join(scratchDirectory(), 'tree')
  execFileSync('dpkg-deb', ['--raw-extract', deb, tree])
  prepare(tree)
  execFileSync('dpkg-deb', ['--root-owner-group', '--build', tree, deb])
  return deb
}

const makeDirectory = (path: string, mode: number) => {
  mkdirSync(path, {recursive: true})
  chmodSync(path, mode)
}

test('directories have the same modes as with dpkg, whatever symlinks packages have', async () => {
  const debs = [
    packed('a-links', (tree) => {
      makeDirectory(join(tree, 'usr/share/zone'), 0o755)
      symlinkSync('../zone/file', join(tree, 'usr/share/zone/link'))
      symlinkSync('/etc/localtime', join(tree, 'usr/share/zone/absolute'))
    }),
    packed('b-first', (tree) => {
      makeDirectory(join(tree, 'usr/share/zone'), 0o755)
      makeDirectory(join(tree, 'var/shared'), 0o2775)
    }),
    packed('c-second', (tree) => {
      makeDirectory(join(tree, 'var/shared/below'), 0o711)
      chmodSync(join(tree, 'var/shared'), 0o700)
    }),
  ]

  expect(await modesOf(debs)).toMatchObject({
    '/': '755',
    '/usr': '755',
    '/usr/bin': '755',
    '/usr/share': '755',
    '/usr/share/zone': '755',
    '/usr/share/zone/link': '777',
    '/var': '755',
    '/var/shared': '2775',
    '/var/shared/below': '711',
  })
})

/** Packages with scripts by their names, on top of the base that dpkg needs. */
async function failureOf(
  packages: Readonly<Record<string, {readonly script: string; readonly name?: string; readonly depends?: string}>>,
  scriptSilenceMs?: number,
): Promise<unknown> {
  const debs = Object.entries(packages).map(([name, {script, name: kind = 'postinst', depends}]) =>
    buildDeb(join(scratchDirectory(), `${name}.deb`), {
      name,
      version: '1',
      files: {'DEBIAN/md5sums': '\n', [`DEBIAN/${kind}`]: `#!/bin/sh\n${script}\n`},
      ...(depends !== undefined && {fields: {Depends: depends}}),
    }),
  )
  const archives = [buildTinyBase(), ...debs]
  const labels = archives.map((path) => execFileSync('dpkg-deb', [...labelOf, path], {encoding: 'utf8'}))
  const limit = scriptSilenceMs === undefined ? {} : {scriptSilenceMs}
  return runStep(debianRoot, {archives}, {arch: 'amd64', labels}, limit).catch((error) => error)
}

test('failed packages are named with the output of their own scripts, and packages that only depend on them are not', async () => {
  const failure = await failureOf({
    'a-good': {script: 'echo all is well'},
    'b-bad': {script: 'echo first; echo "no such thing" >&2; exit 3'},
    'c-waits': {script: ':', depends: 'b-bad'},
  })

  expect(failure).toMatchObject({
    code: 'TOOL_FAILED',
    message: 'dpkg could not configure the package b-bad',
    details: {
      problems: [{path: 'b-bad', message: expect.stringMatching(/post-installation script .* exit status 3$/)}],
      output: 'first\nno such thing',
    },
  })
})

test('all failed packages are named, in the order of dpkg', async () => {
  const failure = await failureOf({odd: {script: 'exit 1'}, strange: {script: 'exit 2'}})

  expect(failure).toMatchObject({
    message: expect.stringMatching(/ the packages (?:odd and strange|strange and odd)$/),
    details: {problems: expect.arrayContaining([expect.objectContaining({path: 'odd'})])},
  })
})

test('a package that fails before it is unpacked is named', async () => {
  expect(await failureOf({odd: {script: 'echo never; exit 1', name: 'preinst'}})).toMatchObject({
    message: 'dpkg could not configure the package odd',
    details: {output: expect.stringContaining('never'), problems: [{path: 'odd'}]},
  })
})

test.each(['preinst', 'postinst'])('a package whose %s does not end is named, and ended', async (name) => {
  const failure = await failureOf(
    {'a-good': {script: ':'}, odd: {script: 'echo waiting; while :; do :; done', name}},
    3000,
  )

  expect(failure).toMatchObject({
    code: 'TOOL_ENDLESS',
    message: 'a script of the package odd does not end',
    details: {output: expect.stringMatching(/waiting$/)},
  })
})
