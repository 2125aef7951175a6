import {execFileSync, spawnSync} from 'node:child_process'
import {appendFileSync, chmodSync, copyFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {deriveIdentity} from '../../../dsl/identity.ts'
import {digestOfFile} from '../../../engine/store/digest.ts'
import {openSource} from '../../../runtime/upgrade/open-source.ts'
import {placeOf} from '../../../runtime/upgrade/place.ts'
import {ProgramHost} from '../../../test/program-host.ts'
import {runStep} from '../../../test/run-step.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {updateFile} from './update-file.ts'

const script = readFileSync(join(import.meta.dirname, '../../../runtime/upgrade/update.sh'), 'utf8')

/** An update file, in a directory with a program of the product that prints its arguments. */
async function makeUpdate({title = 'HAOS'} = {}) {
  const scratch = scratchDirectory()
  writeFileSync(join(scratch, 'layer'), 'a layer '.repeat(50_000))
  const made = await runStep(
    updateFile,
    {files: [join(scratch, 'layer')]},
    {
      volume: 'HAOS_UPDATE',
      paths: ['haos/system/haos/2.0/system.squashfs'],
      texts: {'haos/system/haos/2.0/release.json': '{}'},
      links: {'haos/system/haos/current': '2.0'},
      script,
      about: {name: 'haos', title, version: '2.0', arch: 'amd64'},
    },
  )
  const file = join(scratch, 'haos-2.0-update-amd64.run')
  copyFileSync(made, file)
  mkdirSync(join(scratch, 'bin'))
  writeFileSync(join(scratch, 'bin/haos'), '#!/bin/sh\necho haos "$@"\n')
  chmodSync(join(scratch, 'bin/haos'), 0o755)
  const run = (...args: string[]) => {
    const {status, stdout, stderr} = spawnSync('sh', [file, ...args], {
      env: {PATH: `${scratch}/bin:${process.env['PATH']}`},
      encoding: 'utf8',
    })
    return {status, said: stdout + stderr}
  }
  return {scratch, made, file, run}
}

test('an update file is both a script and an ISO with the release', async () => {
  const {file, run} = await makeUpdate()
  const listed = execFileSync(
    'xorriso',
    ['-no_rc', '-indev', file, '-find', '/haos', '-type', 'f', '-o', '-type', 'l'],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )

  expect(listed.trim().split('\n').sort()).toEqual([
    "'/haos/system/haos/2.0/release.json'",
    "'/haos/system/haos/2.0/system.squashfs'",
    "'/haos/system/haos/current'",
  ])
  expect(run('--check')).toEqual({status: 0, said: 'This is HAOS 2.0 for amd64, complete.\n'})
})

test('run as root it gives itself to the upgrade of the node, with its arguments', async ({skip}) => {
  if (process.getuid?.() !== 0) skip('not root')
  const {file, run} = await makeUpdate()

  expect(run('--reboot')).toEqual({status: 0, said: `haos upgrade --source ${file} --reboot\n`})
})

test('a title with quotes, blanks and dollar signs is printed unchanged', async () => {
  const {run} = await makeUpdate({title: `Bob's "$HOME" OS`})

  expect(run('--check').said).toBe(`This is Bob's "$HOME" OS 2.0 for amd64, complete.\n`)
})

test.each([
  ['lost its end', (file: string) => truncateSync(file, 100_000)],
  ['has one byte more', (file: string) => appendFileSync(file, 'x')],
] as const)('a file that %s is refused, by its script and by the node, before anything is done', async (_, damage) => {
  const {scratch, file, run} = await makeUpdate()
  damage(file)
  const identity = deriveIdentity('haos')
  const open = () =>
    openSource(new ProgramHost(scratch), '/haos-2.0-update-amd64.run', {
      identity,
      arch: 'amd64',
      place: placeOf(identity),
      sha256: undefined,
      log() {},
    })

  expect(run()).toMatchObject({status: 1, said: expect.stringContaining('damaged or incomplete')})
  expect(open).toThrow('damaged or incomplete')
})

test('two update files of the same content have the same bytes', async () => {
  const first = await digestOfFile((await makeUpdate()).made)
  await new Promise((resolve) => setTimeout(resolve, 1100))

  expect(await digestOfFile((await makeUpdate()).made)).toBe(first)
})
