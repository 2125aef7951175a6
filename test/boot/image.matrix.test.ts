import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {beforeAll, describe, expect, onTestFinished, test} from 'vitest'
import {type BootOptions, boot, whyNoBoot} from '../../machine/testing.ts'
import {buildImage} from '../image/build-image.ts'
import {remasteredNode, remasterForNode} from '../image/remaster-for-node.ts'

const missing = await whyNoBoot({firmware: 'uefi'})
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

let iso = ''
beforeAll(async () => {
  if (missing === undefined) iso = await buildImage()
})

const prompt = /\w+ login: /
const minutes = 60_000
const start = (options: BootOptions = {}) => boot(iso, {memoryMiB: 512, ...options})

describe.skipIf(missing !== undefined)(`the ISO (${missing ?? 'of the test recipe'})`, () => {
  test.each([
    {firmware: 'uefi', as: 'cd', memoryMiB: 768},
    {firmware: 'bios', as: 'usb'},
    {firmware: 'uefi', as: 'usb', memoryMiB: 768},
    {firmware: 'bios', as: 'virtio'},
    {firmware: 'uefi', as: 'virtio', memoryMiB: 768},
  ] as const)('it reaches a login under $firmware as $as', async (options) => {
    await using machine = await start(options)

    const {text} = await machine.waitFor(prompt, {timeoutMs: 20 * minutes})
    expect(text).toContain('baked login: ')
    // The label is that of the whole medium; its partition has another one.
    expect(machine.console.text).toMatch(/Live from \/dev\/(?:sr0|sda|vda): /)
  })

  test.each([
    {firmware: 'uefi', memoryMiB: 768},
    {firmware: 'uefi', as: 'usb', memoryMiB: 768},
    {firmware: 'bios', as: 'usb'},
    {firmware: 'bios', as: 'cd'},
  ] as const)('remastered, it has its new name and config under $firmware as $as', async (options) => {
    const directory = mkdtempSync(join(tmpdir(), 'haos-boot-test-'))
    onTestFinished(() => rmSync(directory, {recursive: true, force: true}))
    await using machine = await boot(await remasterForNode(iso, directory), {memoryMiB: 512, ...options})
    expect((await machine.waitFor(prompt, {timeoutMs: 10 * minutes})).text).toContain('wanted login: ')

    await machine.login({user: 'rancher'})
    expect(await machine.succeed('cat /proc/cmdline')).toContain('haos.hostname=wanted')
    expect(await machine.succeed(remasteredNode.ask)).toBe(remasteredNode.answer)
  })

  test('the mode shell gives a shell before anything is mounted, in which Ctrl-C ends a program', async () => {
    await using machine = await start({appendCmdline: 'haos.mode=shell'})
    await machine.waitFor('Nothing is mounted yet', {timeoutMs: 20 * minutes})
    machine.write('echo sle""eps; sleep 3600; echo ended with $?\n')
    await machine.waitFor('sleeps')
    machine.write('\x03')
    await machine.waitFor('# ')

    expect(await machine.succeed('grep -c squashfs /proc/mounts || true')).toBe('0')
  })

  test('a name on the kernel command line overrides the built-in one, and mistakes next to it stop nothing', async () => {
    await using machine = await start({appendCmdline: 'haos.hostname=wanted rootdelay=08s haos.mode=lvie'})

    expect((await machine.waitFor(prompt, {timeoutMs: 20 * minutes})).text).toContain('wanted login: ')
    expect(machine.console.text).toContain('There is no mode "lvie"')
    expect(machine.console.text).toContain('Live from ')
  })

  test('a file in /etc is lost after a reboot', async () => {
    await using machine = await start()
    await machine.login({user: 'rancher', timeoutMs: 20 * minutes})
    await machine.succeed('sudo touch /etc/mine && sync')
    await machine.reboot()
    await machine.login({user: 'rancher', timeoutMs: 20 * minutes})

    expect(await machine.run('test -e /etc/mine')).toMatchObject({status: 1})
    await machine.powerOff()
  })
})
