import {beforeAll, describe, expect, test} from 'vitest'
import {Machine, type StartOptions} from '../../machine/machine.ts'
import {whyNoBoot} from '../../machine/testing.ts'
import {whyNoPrograms} from '../foreign-programs.ts'
import {buildTarget} from '../image/build-image.ts'

const minutes = 60_000
const machines = [
  {arch: 'arm64', machine: 'aarch64', targets: ['iso', 'disk'], inputs: []},
  // On some mirrors, armhf's lists of updates do not match their Release file for months.
  {arch: 'arm', machine: 'armv7l', targets: ['iso'], inputs: ['--set', 'release=true']},
] as const

describe.each(machines)('the test recipe on $arch', async ({arch, machine: uname, targets, inputs}) => {
  const missing = (await whyNoBoot({arch, firmware: 'uefi'})) ?? whyNoPrograms(arch)
  if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

  const files: Record<string, string> = {}
  beforeAll(async () => {
    if (missing !== undefined) return
    for (const target of targets)
      Object.assign(
        files,
        await buildTarget(target, {arguments: ['--arch', arch, '--set', 'password=geheim', ...inputs]}),
      )
  })

  const media: readonly {what: string; target: string; mode: string; options: () => StartOptions}[] = [
    {what: 'the ISO as a CD', target: 'iso', mode: 'live', options: () => ({medium: {file: files['iso'] ?? ''}})},
    {
      what: 'the ISO as a stick',
      target: 'iso',
      mode: 'live',
      options: () => ({medium: {file: files['iso'] ?? '', as: 'usb'}}),
    },
    {
      what: 'the disk',
      target: 'disk',
      mode: 'disk',
      options: () => ({disks: [{file: files['disk'] ?? '', snapshot: true}]}),
    },
  ]
  test.skipIf(missing !== undefined).each(media.filter(({target}) => targets.some((name) => name === target)))(
    `$what boots to a login by UEFI and applies its config (${missing ?? 'emulated'})`,
    async ({mode, options}) => {
      await using machine = await Machine.start({arch, memoryMiB: 1024, linesInMessages: true, ...options()})
      await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 30 * minutes})
      await machine.waitUntilSucceeds('grep runtime /run/phases', {timeoutMs: 10 * minutes})

      expect(await machine.succeed('uname -m; hostname; cat /run/haos/mode /run/phases')).toBe(
        `${uname}\nbaked\n${mode}\ninitrd\nboot\nruntime`,
      )
    },
  )
})
