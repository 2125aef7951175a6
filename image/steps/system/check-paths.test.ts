import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {runStep} from '../../../test/run-step.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {checkPaths} from './check-paths.ts'
import type {PackagePaths} from './package-paths.ts'

const packages: PackagePaths = {
  '/usr/share/server/page': {package: 'server 2'},
  '/usr/bin/server': {package: 'server 2'},
  '/usr/bin/link': {package: 'server 2', symlink: true},
  '/var/lock': {package: 'base 1', symlink: true},
}

async function conflictsOf(wishes: {readonly written?: string[]; readonly directories?: string[]}): Promise<string[]> {
  const paths = join(scratchDirectory(), 'paths')
  writeFileSync(paths, JSON.stringify(packages))
  return runStep(checkPaths, {paths}, {written: [], directories: [], ...wishes}).then(
    () => [],
    ({code, details}) => {
      expect(code).toBe('PATH_CONFLICT')
      return details.problems.map(({path, message}: {path: string; message: string}) => `${path} ${message}`)
    },
  )
}

test('files and directories of the recipe that conflict with those of packages are refused with the package', async () => {
  expect(
    await conflictsOf({
      written: ['/usr/bin/server', '/usr/share/server', '/usr/bin/link', '/usr/bin/server/below'],
      directories: ['/usr/bin/server', '/usr/share/server/page/below'],
    }),
  ).toEqual([
    '/usr/bin/server is also in server 2',
    '/usr/share/server is also in server 2',
    '/usr/bin/link is also in server 2',
    '/usr/bin/server/below lies below /usr/bin/server, which is a file in server 2',
    '/usr/bin/server is also in server 2',
    '/usr/share/server/page/below lies below /usr/share/server/page, which is a file in server 2',
  ])
})

test('directories of both, files beside those of packages, and paths behind symlinks are accepted', async () => {
  expect(
    await conflictsOf({
      written: ['/usr/share/server/own', '/usr/bin/own', '/var/lock/own'],
      directories: ['/usr/share/server', '/usr/share', '/var/lock', '/var/lock/own.d'],
    }),
  ).toEqual([])
})
