import {existsSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../../test/scratch.ts'
import {makeDirectory} from './make-directory.ts'

test('a directory is made with those above it, and one that is there is accepted, also by two at once', async () => {
  const path = join(scratchDirectory(), 'a/b/c')
  await Promise.all([makeDirectory(path), makeDirectory(path)])
  await makeDirectory(path)

  expect(statSync(path).isDirectory()).toBe(true)
})

test('a link to a directory is one', async () => {
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
])('a directory %s cannot be made, which is said and not tried for ever', async (_, path, code) => {
  const directory = scratchDirectory()
  writeFileSync(join(directory, 'file'), '')
  symlinkSync('absent', join(directory, 'dangling'))

  await expect(makeDirectory(path(directory))).rejects.toMatchObject({code})
})
