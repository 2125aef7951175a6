import {execFileSync, spawnSync} from 'node:child_process'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {scratchDirectory} from '../../test/scratch.ts'
import {findStaticBusybox} from '../../test/static-busybox.ts'
import {withSource} from './with-source.ts'

const {busybox = 'busybox', reason} = findStaticBusybox()

/** Debian's sh, Alpine's sh, and a symlink to bash. */
const shells = [
  {name: 'dash', program: 'dash', args: []},
  {name: 'busybox', program: busybox, args: ['sh'], missing: reason},
  {name: 'bash', program: 'bash', args: ['--posix']},
]

describe.each(shells)('sh is $name', ({name, program, args, missing}) => {
  const run = (script: string): string =>
    execFileSync(program, [...args, ...withSource(['sh', '-c', script]).slice(1)], {encoding: 'utf8'})

  const isThere = missing === undefined && !spawnSync(program, ['-c', ':']).error
  test.skipIf(!isThere)(`source reads a file into the shell${isThere ? '' : ` (${missing ?? `no ${name}`})`}`, () => {
    const file = join(scratchDirectory(), 'lib.sh')
    writeFileSync(file, 'found=here\n')
    expect(run(`source ${file}; echo $found`)).toBe('here\n')
  })
})

test('a program in userdata is executed directly, so that its first line counts', () => {
  expect(withSource(['sh', '-c', 'source /run/haos/userdata'])).toEqual(['/run/haos/userdata'])
})

test('a command without source stays unchanged', () => {
  const argv = ['sh', '-c', 'echo resources']
  expect(withSource(argv)).toBe(argv)
  expect(withSource(['chpasswd'])).toEqual(['chpasswd'])
})
