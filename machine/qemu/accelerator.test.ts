import {expect, test} from 'vitest'
import {Toolbox} from '../../engine/toolbox/toolbox.ts'
import {qemuSystem} from '../../engine/tools/qemu-system.ts'
import {runsGuest} from './accelerator.ts'

const qemu = await new Toolbox().find(qemuSystem.amd64)

test.skipIf(!qemu && !process.env['CI'])(
  'the probe guest does its work and reports it (qemu-system-x86_64)',
  async () => {
    expect(await runsGuest('amd64', qemu?.path ?? '', 'tcg', 25_000)).toBe(true)
  },
)

test.skipIf(!qemu && !process.env['CI'])(
  'a processor that is too slow for the probe is refused (qemu-system-x86_64)',
  async () => {
    expect(await runsGuest('amd64', qemu?.path ?? '', 'tcg', 10)).toBe(false)
  },
)
