import {beforeAll, describe, expect, test} from 'vitest'
import {Machine, type StartOptions, whyNoBoot} from '../../engine/testing.ts'
import {whyNoPrograms} from '../foreign-programs.ts'
import {buildTarget} from '../image/build-image.ts'

const missing = (await whyNoBoot({arch: 'arm64', firmware: 'uefi'})) ?? whyNoPrograms('arm64')
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const minutes = 60_000

describe.skipIf(missing !== undefined)(`on arm64 (${missing ?? 'the test recipe'})`, () => {
  const files: Record<string, string> = {}
  beforeAll(async () => {
    for (const target of ['iso', 'disk'])
      Object.assign(files, await buildTarget(target, {arguments: ['--arch', 'arm64', '--set', 'password=geheim']}))
  })

  test.each([
    ['the ISO as a CD', 'live', () => ({medium: {file: files['iso'] ?? ''}})],
    ['the ISO as a stick', 'live', () => ({medium: {file: files['iso'] ?? '', as: 'usb'}})],
    ['the disk', 'disk', () => ({disks: [{file: files['disk'] ?? '', snapshot: true}]})],
  ] as [string, string, () => StartOptions][])('%s boots to a login and applies its config', async (_, mode, what) => {
    await using machine = await Machine.start({arch: 'arm64', memoryMiB: 1024, linesInMessages: true, ...what()})
    await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 30 * minutes})
    await machine.waitUntilSucceeds('grep runtime /run/phases', {timeoutMs: 10 * minutes})

    expect(await machine.succeed('uname -m; hostname; cat /run/haos/mode /run/phases')).toBe(
      `aarch64\nbaked\n${mode}\ninitrd\nboot\nruntime`,
    )
  })
})
