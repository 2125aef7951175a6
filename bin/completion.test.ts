import {execFileSync, spawnSync} from 'node:child_process'
import {readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {findZsh} from '../test/find-zsh.ts'
import {scratchDirectory} from '../test/scratch.ts'
import {commands} from './commands/index.ts'

const program = join(import.meta.dirname, 'start.ts')
const haosBuild = (words: readonly string[], env = {}) =>
  spawnSync(process.execPath, [program, ...words], {encoding: 'utf8', env: {...process.env, ...env}})

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

/** Types a line and the tab key into a terminal with zsh, in which the line is printed on another key. */
const typed = `
zmodload zsh/zpty
zpty shell "$1 -d -i"
zpty -r -m shell answer '*ready*'
zpty -w -n shell "$2"$'\\t\\x19'
zpty -r -m shell answer '*<*>*'
print -rn -- \${\${answer##*<}%%>*}
zpty -d shell
`

test('zsh completes commands and flags', ({skip}) => {
  const found = findZsh()
  if (found.zsh === undefined) return skip(found.reason)
  const {zsh, settings} = found
  const {setUp} = makeCompletions('zsh')
  const home = scratchDirectory()
  writeFileSync(join(home, '.zshenv'), settings)
  // As after `printf "$(haos-build autocomplete script zsh)" >>~/.zshrc`.
  const show = 'show() { print -r -- "<$BUFFER>"; }; zle -N show; bindkey \'^Y\' show; print ready'
  writeFileSync(join(home, '.zshrc'), `PROMPT=\n${setUp}\n${show}\n`)
  writeFileSync(join(home, 'typed'), typed)
  const complete = (line: string) =>
    execFileSync(zsh, ['-d', join(home, 'typed'), zsh, line], {
      encoding: 'utf8',
      env: {ZDOTDIR: home, HOME: home, TERM: 'dumb', PATH: process.env['PATH']},
    })

  expect(complete('haos-build rema')).toBe('haos-build remaster ')
  expect(complete('haos-build config val')).toBe('haos-build config validate ')
  expect(complete('haos-build lock --upd')).toBe('haos-build lock --update ')
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
