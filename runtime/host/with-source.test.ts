import {execFileSync, spawnSync} from 'node:child_process'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {scratchDirectory} from '../../test/scratch.ts'
import {withSource} from './with-source.ts'

/** Debian's sh, Alpine's sh, and a link to bash. */
const shells = [['dash'], ['busybox', 'sh'], ['bash', '--posix']] as const

const isThere = ([program]: readonly [string, ...string[]]): boolean => !spawnSync(program, ['-c', ':']).error

describe.each(shells)('sh is %s', (...shell) => {
  const [program, ...args] = shell
  const run = (script: string): string =>
    execFileSync(program, [...args, ...withSource(['sh', '-c', script]).slice(1)], {encoding: 'utf8'})

  test.skipIf(!isThere(shell))('source reads a file into the shell', () => {
    const file = join(scratchDirectory(), 'lib.sh')
    writeFileSync(file, 'found=here\n')
    expect(run(`source ${file}; echo $found`)).toBe('here\n')
  })
})

test('user data is run by the interpreter that its first line names', () => {
  expect(withSource(['sh', '-c', 'source /run/haos/userdata'])).toEqual(['/run/haos/userdata'])
})

test('what does not source anything is left as it is', () => {
  const argv = ['sh', '-c', 'echo resources']
  expect(withSource(argv)).toBe(argv)
  expect(withSource(['chpasswd'])).toEqual(['chpasswd'])
})
