import {mkdirSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {execa} from 'execa'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../../test/scratch.ts'

test('after a mistake it waits for the next change, also of an imported file, and ignores the lock file', async () => {
  const directory = scratchDirectory()
  mkdirSync(join(directory, 'node_modules'))
  mkdirSync(join(directory, 'out'))
  symlinkSync(join(import.meta.dirname, '../..'), join(directory, 'node_modules/haos-build'))
  writeFileSync(join(directory, 'package.json'), '{"type": "module"}')
  writeFileSync(join(directory, 'name.ts'), "export const name = 'One'\n")
  writeFileSync(
    join(directory, 'haos.build.ts'),
    "import {debian, defineImage} from 'haos-build'\nimport {name} from './name.ts'\nexport default defineImage({name, version: '1', base: debian(), kernel: {flavour: name}})\n",
  )
  const running = execa(process.execPath, [join(import.meta.dirname, '../start.ts'), 'dev'], {
    cwd: directory,
    reject: false,
    env: {NO_COLOR: '1'},
  })
  let said = ''
  running.stderr.on('data', (bytes: Buffer) => {
    said += bytes.toString()
  })
  const waits = (times: number) =>
    expect.poll(() => said.match(/waiting for a change/g)?.length ?? 0, {timeout: 120_000, interval: 50}).toBe(times)

  await waits(1)
  expect(said).toContain('name must start with a-z')
  // What a build writes is no reason to build.
  writeFileSync(join(directory, 'haos.lock.json'), '{}')
  writeFileSync(join(directory, 'out/haos.iso'), '')
  writeFileSync(join(directory, 'name.ts'), "export const name = 'two'\n")
  await waits(2)
  expect(said.match(/(\S+) has changed/g)).toEqual(['name.ts has changed'])
  expect(said.split('has changed')[1]).toMatch(/kernel\.flavour must be one of/)
  expect(said.split('has changed')[1]).not.toContain('must start with a-z')

  running.kill('SIGTERM')
  await running
  expect(said).not.toContain('this is a bug')
})
