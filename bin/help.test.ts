import {spawnSync} from 'node:child_process'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {commands} from './commands/index.ts'

const program = join(import.meta.dirname, 'start.ts')
const haosBuild = (words: readonly string[], env = {}) =>
  spawnSync(process.execPath, [program, ...words], {encoding: 'utf8', env: {...process.env, ...env}})

test.each([
  [['-h'], ['--help']],
  [['help'], ['--help']],
  [
    ['iso', '-h'],
    ['iso', '--help'],
  ],
  [
    ['help', 'config', 'validate'],
    ['config', 'validate', '--help'],
  ],
])('%s shows what %s shows', (asked, meant) => {
  const {status, stdout, stderr} = haosBuild(asked)

  expect({status, stderr}).toEqual({status: 0, stderr: ''})
  expect(stdout).toBe(haosBuild(meant).stdout)
  expect(stdout).toContain('USAGE')
})

test('every topic has its own description, not that of its first command', () => {
  const topics = [...new Set(Object.keys(commands).flatMap((name) => name.split(':').slice(0, -1)))]
  const {stdout} = haosBuild(['--help'])

  for (const topic of topics) {
    const [, summary = ''] = new RegExp(`^ {2}${topic} +(\\S.*)$`, 'm').exec(stdout) ?? []
    expect(summary).not.toBe('')
    for (const {summary: other} of Object.values(commands)) expect(summary).not.toBe(other)
  }
})
