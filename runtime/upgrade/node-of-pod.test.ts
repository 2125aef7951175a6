import {rmSync, symlinkSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {makeNode, makeRelease, put} from '../../test/upgraded-node.ts'
import {runCommand} from '../cli/command-line.ts'
import {writeTrial} from './boot-trial.ts'

/** A node with version 1.0 whose root is below /host, as in a job's pod, and the upgrade to 2.0 that the pod runs. */
function pod() {
  const node = makeNode()
  const {scratch, host, identity} = node
  symlinkSync('.', join(scratch, 'host'))
  const source = makeRelease(scratch, 'medium', {version: '2.0'})
  const rebooted: string[] = []
  host.answers = {'nsenter -m -u -i -n -p -t 1 -- reboot': '', 'uname -m': 'x86_64', df: ''}
  const run = host.run.bind(host)
  host.run = (argv, options) => {
    if (argv.at(-1) === 'reboot') rebooted.push(argv.join(' '))
    return run(argv, options)
  }
  // The command runs itself once more below flock(1).
  host.env = (name) => (name === 'UPGRADE_LOCKED' ? 'yes' : undefined)
  let slept = 0
  let whileAsleep = (_times: number) => {}
  host.sleep = () => whileAsleep(++slept)
  const printed: string[] = []
  const upgrade = () =>
    runCommand(['upgrade', `--source=${source}`, '--destination=/host/haos/system', '--reboot'], {
      host,
      identity,
      version: '2.0',
      print: (line) => printed.push(line),
      printError: (line) => printed.push(line),
    })
  const boot = () => put(scratch, {'run/haos/trial': '15\n'})
  return {
    ...node,
    upgrade,
    boot,
    printed,
    rebooted,
    asleep: (then: (times: number) => void) => {
      whileAsleep = then
    },
    slept: () => slept,
  }
}

test('a job does not end before its node goes down, so that it is not done by then', () => {
  const {upgrade, rebooted, printed, slept} = pod()
  // It would be killed; here nothing goes down.
  expect([upgrade(), printed.at(-1)]).toEqual([1, 'haos: the node has not rebooted within 15 minutes'])
  expect([rebooted.length, slept()]).toEqual([1, 15])
})

test('the job of a booted node ends when its version is confirmed', () => {
  const {upgrade, boot, host, place, rebooted, asleep, slept, printed} = pod()
  upgrade()
  boot()
  const before = slept()
  asleep((times) => {
    if (times === before + 3) writeTrial(host, place, undefined)
  })
  expect(upgrade()).toBe(0)
  expect(printed.at(-1)).toBe('2.0 is on trial: waiting for its end.')
  expect([rebooted.length, slept() - before]).toEqual([1, 3])
})

test('a job that was ended before its node went down reboots it', () => {
  const {upgrade, rebooted} = pod()
  upgrade()
  upgrade()
  expect(rebooted).toHaveLength(2)
})

test('a job that was ended before its node went down reboots it, also if that node runs since an earlier upgrade', () => {
  const {upgrade, boot, host, identity, scratch, rebooted} = pod()
  boot()
  // It was confirmed: the service of the node has ended its trial.
  put(scratch, {'run/haos/problems.json': JSON.stringify({initrd: [], boot: [], runtime: []})})
  runCommand(['trial'], {host, identity, version: '1.0', print: () => {}, printError: () => {}})
  upgrade()
  upgrade()
  expect(rebooted).toHaveLength(2)
})

test('the job of a node that has gone back fails, and the node does not reboot again', () => {
  const {upgrade, boot, host, place, identity, scratch, rebooted, printed} = pod()
  upgrade()
  boot()
  put(scratch, {'run/haos/fellback': '2.0\n'})
  writeTrial(host, place, undefined)
  runTrial()
  expect(upgrade()).toBe(1)
  expect(printed.at(-1)).toContain('2.0 has failed on this node')
  expect(rebooted).toHaveLength(1)

  /** What the service of the node does after GRUB has gone back. */
  function runTrial() {
    runCommand(['trial'], {host, identity, version: '1.0', print: () => {}, printError: () => {}})
    rmSync(join(scratch, 'run/haos/fellback'))
  }
})
