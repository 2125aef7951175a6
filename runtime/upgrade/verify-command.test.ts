import {rmSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {onTrial} from '../../test/node-on-trial.ts'
import {makeNode, makeRelease, put} from '../../test/upgraded-node.ts'

const kernel = '/haos/system/kernel/6.12.2'

test('the files of all installed versions are read, and are as they came', () => {
  const {run, printed} = onTrial()
  expect(run('verify')).toBe(0)
  expect(printed).toEqual([
    expect.stringMatching(/^2\.0: 5 files, .*, as they came$/),
    expect.stringMatching(/^1\.0: 5 files, .*, as they came$/),
  ])
})

test('a flipped bit, a file that was cut and one that is missing are named, with their version', () => {
  const {scratch, run, printed} = onTrial()
  put(scratch, {
    'haos/system/haos/1.0/system.squashfs': 'system 1.0!',
    'haos/system/kernel/6.12.2/vmlinuz': 'kernel',
  })
  rmSync(join(scratch, kernel, 'initrd'))
  expect(run('verify')).toBe(1)
  expect(printed).toEqual([
    `2.0: ${kernel}/vmlinuz has 6 bytes instead of 13`,
    `2.0: ${kernel}/initrd is missing`,
    '1.0: /haos/system/haos/1.0/system.squashfs has other bytes than it came with',
    expect.stringContaining('install the release again'),
  ])
})

test('installing the release of a damaged version again puts a whole copy beside it', () => {
  const node = makeNode({version: '1.0'})
  put(node.scratch, {'haos/system/haos/1.0/system.squashfs': 'system 1.0!'})
  expect(node.booting()[1]).toBe('system 1.0!')
  node.install(makeRelease(node.scratch, 'again', {version: '1.0'}))
  expect(node.booting()[1]).toBe('system 1.0 ')
})

test('a version that has lost its description or its directory is damaged, and one that never had a description is not', () => {
  const {scratch, host, run, printed} = onTrial()
  put(scratch, {'haos/system/haos/2.0/release.json': '{'})
  rmSync(join(scratch, 'haos/system/haos/1.0'), {recursive: true})
  expect(run('verify')).toBe(1)
  expect(printed).toEqual([
    '2.0: /haos/system/haos/2.0/release.json cannot be read',
    '1.0: /haos/system/haos/1.0 is missing',
    expect.stringContaining('install the release again'),
  ])

  host.remove('/haos/system/haos/2.0/release.json')
  expect(run('verify')).toBe(1)
  expect(printed.at(-3)).toBe('2.0: says nothing about its files, which cannot be checked')
})
