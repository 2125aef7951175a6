import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {onTrial} from '../../test/node-on-trial.ts'
import {put} from '../../test/upgraded-node.ts'
import {readInstalled} from './installed.ts'

const read = (scratch: string, path: string) => readFileSync(join(scratch, path), 'utf8')

test('a trial that was ended by hand ends quietly: nothing reboots, and the watchdog is stopped', () => {
  const {scratch, host, place, run, booting} = onTrial({phases: '{}'})
  put(scratch, {'proc/uptime': '100.0 1.0\n'})
  const before = booting('previous')
  let reboots = 0
  const really = host.run.bind(host)
  host.run = (argv, options) => {
    if (argv[0] === 'reboot') reboots++
    return really(argv, options)
  }
  host.sleep = () => {
    expect(run('rollback')).toBe(0)
    put(scratch, {'proc/uptime': '10000.0 1.0\n'})
  }
  expect(run('trial')).toBe(0)
  expect([reboots, read(scratch, 'dev/watchdog0'), booting()]).toEqual([0, 'V', before])
  expect(readInstalled(host, place).others).toEqual([])
  expect(host.read('/haos/system/releases/2.0/failure')).toBeUndefined()
})

test('a power cut at any change of going back by hand leaves the version on trial, counted, or the previous one', () => {
  const whole = onTrial()
  const before = whole.host.changes
  whole.run('rollback')
  const seen = new Set<string>()
  for (let cutAt = before; cutAt < whole.host.changes; cutAt += 2) {
    const {host, run, booting, environment} = onTrial()
    host.cutAt = cutAt
    run('rollback')
    const version = /^system (\S+)/.exec(booting()[1] ?? '')?.[1] ?? ''
    // Nothing that GRUB could take for the way back is the version on trial itself.
    if (environment() !== undefined) expect(booting('previous')[1]).toMatch(/^system 1\.0/)
    if (version === '2.0') expect(environment()?.release).toBe('2.0')
    seen.add(version)
  }
  expect([...seen]).toEqual(['2.0', '1.0'])
})

test('a previous version that is damaged is no way back', () => {
  const {scratch, run, printed, booting} = onTrial()
  const before = booting()
  put(scratch, {'haos/system/haos/1.0/system.squashfs': 'system 1.1 '})
  expect([run('rollback'), printed.at(-1)]).toEqual([
    1,
    'haos: 1.0 is damaged: `haos versions` lists what is installed',
  ])
  expect(booting()).toEqual(before)
})

test('going back by hand makes the previous version the current one, and keeps the other', () => {
  const {run, booting, host, place} = onTrial()
  const before = booting('previous')
  expect(run('rollback')).toBe(0)
  expect(booting()).toEqual(before)
  const {current, previous} = readInstalled(host, place)
  expect([current.id, previous?.id]).toEqual(['1.0', '2.0'])
})
