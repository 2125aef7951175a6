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

test('directories have the modes that dpkg gives them, whatever links packages have', async () => {
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
