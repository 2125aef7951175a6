import {execFileSync} from 'node:child_process'
import {lstatSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {digestOfFile} from '../../../engine/store/digest.ts'
import {runStep} from '../../../test/run-step.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {rootTarball} from './root-tarball.ts'

const options = {
  top: 'haos-1',
  paths: ['haos/system/boot/busybox'],
  texts: {'sbin/init': '#!/haos/system/boot/busybox sh\n', 'haos/system/config.yaml': 'token: x\n'},
  links: {'haos/system/haos/current': '1'},
  modes: {'sbin/init': '0755', 'haos/system/boot/busybox': '0755', 'haos/system/config.yaml': '0600'},
}

test('extracted over a root, it overwrites /sbin/init and keeps the symlinks of that root', async () => {
  const busybox = join(scratchDirectory(), 'busybox')
  writeFileSync(busybox, 'program')
  const tarball = await runStep(rootTarball, {files: [busybox]}, options)
  const root = scratchDirectory()
  mkdirSync(join(root, 'usr/sbin'), {recursive: true})
  symlinkSync('usr/sbin', join(root, 'sbin'))
  writeFileSync(join(root, 'usr/sbin/init'), 'of the system before')
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', root])

  expect(readlinkSync(join(root, 'sbin'))).toBe('usr/sbin')
  expect(readFileSync(join(root, 'usr/sbin/init'), 'utf8')).toBe(options.texts['sbin/init'])
  const modeOf = (path: string) => lstatSync(join(root, path)).mode & 0o777
  expect(['sbin/init', 'haos/system/boot/busybox', 'haos/system/config.yaml'].map(modeOf)).toEqual([
    0o755, 0o755, 0o600,
  ])
  expect(readlinkSync(join(root, 'haos/system/haos/current'))).toBe('1')
})

test('two tarballs of the same content have the same bytes', async () => {
  const busybox = join(scratchDirectory(), 'busybox')
  writeFileSync(busybox, 'program')
  const once = async () => digestOfFile(await runStep(rootTarball, {files: [busybox]}, options))
  const first = await once()
  await new Promise((resolve) => setTimeout(resolve, 1100))

  expect(await once()).toBe(first)
})
