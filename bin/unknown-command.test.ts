import {spawnSync} from 'node:child_process'
import {join} from 'node:path'
import {expect, test} from 'vitest'

const haosBuild = (...words: string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, 'start.ts'), ...words], {encoding: 'utf8'})

test.each([
  ['isoo', 'haos-build iso`'],
  ['cahce info', 'haos-build cache info`'],
  ['nothing like it', '--help'],
])('the unknown command %s is reported with a suggestion', (typed, hint) => {
  const {status, stderr} = haosBuild(...typed.split(' '))

  expect(status).toBe(2)
  expect(stderr).toContain('there is no command')
  expect(stderr).toContain(hint)
  expect(JSON.parse(haosBuild(...typed.split(' '), '--json').stdout)).toMatchObject({code: 'USAGE_INVALID'})
})

test('a repeatable flag does not consume the words after its value', () => {
  const {stdout, stderr} = haosBuild('plan', '--arch', 'amd64', 'nothing', '--recipe', 'absent.ts')

  expect(stdout + stderr).not.toContain('Expected --arch')
})

test('a mistake in the flags is reported once', () => {
  expect(haosBuild('plan', '--nope').stderr.match(/--nope/g)).toHaveLength(1)
})
