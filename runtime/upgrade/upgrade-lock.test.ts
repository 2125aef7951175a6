import {spawn} from 'node:child_process'
import {chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {expect, onTestFinished, test} from 'vitest'
import {makeNode} from '../../test/upgraded-node.ts'
import {runCommand} from '../cli/command-line.ts'

/** A node whose program, below the lock, only ends with a status. */
function lockedNode(status: number) {
  const {scratch, host, identity} = makeNode()
  mkdirSync(join(scratch, 'usr/bin'), {recursive: true})
  const program = join(scratch, 'usr/bin/haos')
  writeFileSync(program, `#!/bin/sh\n[ "$UPGRADE_LOCKED" = yes ] || exit 9\nexit ${status}\n`)
  chmodSync(program, 0o755)
  const errors: string[] = []
  const upgrade = (...more: string[]) =>
    runCommand(['upgrade', '--source=/medium', ...more], {
      ...{host, identity, version: '2.0', print() {}},
      printError: (line) => errors.push(line),
    })
  return {scratch, upgrade, errors}
}

test.each([
  ['succeeds', 0, 0],
  ['fails', 1, 1],
])('an upgrade that %s below the lock says so', (_, inner, status) => {
  const {upgrade, errors} = lockedNode(inner)
  expect([upgrade(), errors]).toEqual([status, []])
})

test.each([
  ['with the same lock', []],
  ['with another one', ['--lock-file=/run/other/upgrade.lock']],
])('a second upgrade at the same time is refused, and is no failed one: %s', async (_, more) => {
  const {scratch, upgrade, errors} = lockedNode(0)
  const lock = join(scratch, 'run/haos/upgrade.lock')
  const held = join(scratch, 'held')
  const other = spawn('flock', [lock, 'sh', '-c', `touch ${held}; exec sleep 60`], {detached: true})
  onTestFinished(() => void process.kill(-(other.pid ?? 0), 'SIGKILL'))
  while (!existsSync(held)) await sleep(20)
  expect(upgrade(...more)).toBe(1)
  expect(errors).toEqual([
    expect.stringMatching(/^haos: another upgrade is running: it holds \/run\/haos\/upgrade\.lock/),
  ])
})

test('a lock that is the own one by another path is taken once', () => {
  const {scratch, upgrade, errors} = lockedNode(0)
  mkdirSync(join(scratch, 'run/haos'), {recursive: true})
  symlinkSync('run', join(scratch, 'var-run'))
  expect([upgrade('--lock-file=/var-run/haos/upgrade.lock'), errors]).toEqual([0, []])
})
