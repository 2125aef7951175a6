import {spawnSync} from 'node:child_process'
import {closeSync, openSync, truncateSync, writeFileSync, writeSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../../test/scratch.ts'

const program = join(import.meta.dirname, '../start.ts')

/** Runs a file on a machine without QEMU, and returns what the command says. */
function runFile(texts: Readonly<Record<number, string>>, ...words: string[]): unknown {
  const path = join(scratchDirectory(), 'image')
  writeFileSync(path, '')
  truncateSync(path, 4 * 2 ** 20)
  const file = openSync(path, 'r+')
  for (const [position, text] of Object.entries(texts)) writeSync(file, text, Number(position), 'latin1')
  closeSync(file)
  const {stdout} = spawnSync(process.execPath, [program, 'run', path, '--json', ...words], {
    encoding: 'utf8',
    env: {...process.env, PATH: '/nowhere'},
  })
  return JSON.parse(stdout)
}

const disk = {510: '\x55\xaa'}

test.each([
  ['arm64', 'BOOTAA64EFI', 'qemu-system-aarch64'],
  ['amd64', 'BOOTX64 EFI', 'qemu-system-x86_64'],
])('an image for %s boots on a machine of that architecture', (_, loader, qemu) => {
  expect(runFile({[2 * 2 ** 20]: loader, ...disk})).toMatchObject({
    code: 'TOOL_MISSING',
    message: expect.stringContaining(qemu),
  })
})

test('a requested architecture takes precedence over that of the image', () => {
  expect(runFile({[2 * 2 ** 20]: 'BOOTAA64EFI', ...disk}, '--arch', 'amd64')).toMatchObject({
    message: expect.stringContaining('qemu-system-x86_64'),
  })
})

test('a command line for a disk is refused with an alternative', () => {
  expect(runFile(disk, '--cmdline', 'quiet')).toMatchObject({
    code: 'USAGE_INVALID',
    at: '--cmdline',
    hint: expect.stringContaining('haos-build remaster'),
  })
})
