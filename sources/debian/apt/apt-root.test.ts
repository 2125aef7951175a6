import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {setImmediate} from 'node:timers/promises'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../../../test/scratch.ts'
import {AptRoot} from './apt-root.ts'

const mirrors = new Map([['main', 'http://127.0.0.1:1024/debian']])

const open = (cacheDir: string) =>
  AptRoot.open(mirrors, {
    archives: [{name: 'main', directory: 'debian', mirrors: [...mirrors.values()], suites: ['test']}],
    components: ['main'],
    arch: 'amd64',
    keyring: '/keys.gpg',
    cacheDir,
    signal: new AbortController().signal,
  })

test('a running apt never reads a partial configuration, however often others open its root', async () => {
  const cacheDir = scratchDirectory()
  const {directory} = await open(cacheDir)
  const files = ['apt.conf', 'sources.list'].map((name) => join(directory, name))
  const whole = files.map((file) => readFileSync(file, 'utf8'))
  let isOpening = true
  const opening = (async () => {
    for (let round = 0; round < 5; round++) await Promise.all(Array.from({length: 8}, () => open(cacheDir)))
  })().finally(() => {
    isOpening = false
  })
  const seen = new Set<string>()
  while (isOpening) {
    seen.add(JSON.stringify(files.map((file) => readFileSync(file, 'utf8'))))
    await setImmediate()
  }
  await opening

  expect([...seen]).toEqual([JSON.stringify(whole)])
})
