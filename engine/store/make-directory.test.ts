import {existsSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../../test/scratch.ts'
import {makeDirectory} from './make-directory.ts'

test('a directory is created with its parents, and an existing one is accepted, also by two calls at once', async () => {
  const path = join(scratchDirectory(), 'a/b/c')
  await Promise.all([makeDirectory(path), makeDirectory(path)])
  await makeDirectory(path)

  expect(statSync(path).isDirectory()).toBe(true)
})

test('a symlink to a directory is accepted', async () => {
  const directory = scratchDirectory()
  symlinkSync('.', join(directory, 'link'))
  await makeDirectory(join(directory, 'link/below'))

  expect(existsSync(join(directory, 'below'))).toBe(true)
})

test.each([
  ['below /proc', () => '/proc/haos-build/out', 'ENOENT'],
  ['of no name', () => '', 'ENOENT'],
  ['below a file', (directory: string) => join(directory, 'file/out'), 'ENOTDIR'],
  ['where a file is', (directory: string) => join(directory, 'file'), 'EEXIST'],
  ['where a link leads nowhere', (directory: string) => join(directory, 'dangling'), 'EEXIST'],
])('a directory %s that cannot be created causes an error and no endless loop', async (_, path, code) => {
  const directory = scratchDirectory()
  writeFileSync(join(directory, 'file'), '')
  symlinkSync('absent', join(directory, 'dangling'))

  await expect(makeDirectory(path(directory))).rejects.toMatchObject({code})
})
