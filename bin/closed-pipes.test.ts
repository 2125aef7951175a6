import {spawnSync} from 'node:child_process'
import {join} from 'node:path'
import {expect, test} from 'vitest'

const program = join(import.meta.dirname, 'start.ts')
const shell = (script: string) =>
  spawnSync('bash', ['-c', script, 'bash', process.execPath, program], {encoding: 'utf8'})

test('the command continues if nobody reads its progress', () => {
  const {stdout, status} = shell('exec 2> >(true); sleep 0.1; "$1" "$2" config schema >/dev/null; echo $?')

  expect({stdout, status}).toEqual({stdout: '0\n', status: 0})
})

test('a result that cannot be written is an error without a stack', () => {
  const {stderr, status} = shell('"$1" "$2" config schema >/dev/full')

  expect(status).toBe(4)
  expect(stderr).toMatch(/^✗ the result cannot be printed: .*no space left.*\n$/i)
})
