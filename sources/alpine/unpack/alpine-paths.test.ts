import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {writeApk} from '../../../test/alpine/testing-packages.ts'
import {runStep} from '../../../test/run-step.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {alpinePaths} from './alpine-paths.ts'

test('files and symlinks of packages are listed with their package, at their paths on a node', async () => {
  const archive = join(scratchDirectory(), 'server.apk')
  writeApk(archive, {
    name: 'server',
    version: '2-r0',
    entries: {
      'bin/': {type: 'directory', mode: 0o755},
      'bin/server': 'program',
      'bin/link': {type: 'symlink', mode: 0o777, linkName: 'server'},
      'etc/server.conf': '',
    },
  })
  const paths = await runStep(alpinePaths, {archives: [archive]}, {labels: ['server-2-r0']})

  expect(JSON.parse(readFileSync(paths, 'utf8'))).toEqual({
    '/usr/bin/server': {package: 'server-2-r0'},
    '/usr/bin/link': {package: 'server-2-r0', symlink: true},
    '/etc/server.conf': {package: 'server-2-r0'},
  })
})
