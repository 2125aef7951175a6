import {execFileSync, spawnSync} from 'node:child_process'
import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../test/scratch.ts'
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

/** Makes the completion scripts as a user would, and returns the directory that they are in. */
function makeCompletions(shell: string): {scripts: string; setUp: string} {
  const home = scratchDirectory()
  const env = {XDG_CACHE_HOME: home, HOME: home}
  expect(haosBuild(['autocomplete', shell], env).status).toBe(0)
  return {
    scripts: join(home, 'haos-build/autocomplete'),
    setUp: haosBuild(['autocomplete', 'script', shell], env).stdout,
  }
}

test('bash completes commands and flags', () => {
  const {setUp} = makeCompletions('bash')
  const complete = (...words: string[]) =>
    execFileSync(
      'bash',
      [
        '--norc',
        '-c',
        `set -f; shopt -s expand_aliases; ${setUp}
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"
        "$(complete -p haos-build | sed 's/.*-F \\([^ ]*\\).*/\\1/')" haos-build "\${!#}"
        printf '%s\\n' "\${COMPREPLY[@]}"`,
        'bash',
        ...words,
      ],
      {encoding: 'utf8'},
    ).split('\n')

  expect(complete('haos-build', 'rema')).toEqual(['remaster', ''])
  expect(complete('haos-build', 'config', 'val')).toEqual(['validate', ''])
  expect(complete('haos-build', 'lock', '--up')).toEqual(['--update', ''])
})

test.each([
  ['zsh', /_haos-build$/],
  ['powershell', /haos-build\.ps1$/],
])('the completion of %s knows every command and flag', (shell, file) => {
  const {scripts, setUp} = makeCompletions(shell)
  const [path = ''] = readdirSync(scripts, {recursive: true, encoding: 'utf8'}).filter((name) => file.test(name))
  const text = readFileSync(join(scripts, path), 'utf8')

  expect(setUp).toContain(scripts)
  for (const [name, {flags}] of Object.entries(commands)) {
    for (const word of [...name.split(':'), ...Object.keys(flags ?? {})]) expect(text).toContain(word)
  }
})
