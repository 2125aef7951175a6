import {mkdtempSync, rmSync, statSync, truncateSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {execa} from 'execa'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {Toolbox} from '#engine'
import {describeMedium} from '#media'
import {type BootOptions, boot, whyNoBoot} from '../../machine/testing.ts'
import {buildImage} from '../image/build-image.ts'

const missing = await whyNoBoot()
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const minutes = 60_000
const scratch = mkdtempSync(join(tmpdir(), 'haos-nodes-test-'))
const iso = join(scratch, 'nodes.iso')

/** A config that each machine would know as its own, and two patterns that fit the same host name. */
const nodeOf = (match: object, name: string) => ({
  match,
  config: {hostname: name, haos: {labels: {index: '${index}', of: '${hostname}'}}},
})
const uuid = (number: number) => `4c4c4544-0042-3510-8053-${`${number}`.padStart(12, '0')}`
const mac = (number: number) =>
  `52:54:00:00:${(number >> 8).toString(16).padStart(2, '0')}:${(number & 255).toString(16).padStart(2, '0')}`
const matches = [
  (number: number) => ({serial: `S-${number}`}),
  (number: number) => ({uuid: uuid(number)}),
  (number: number) => ({mac: mac(number)}),
  (number: number) => ({asset_tag: `Tag ${number}`}),
  (number: number) => ({hostname: `host-${number}`}),
]
const nodes = Array.from({length: 1000}, (_, index) => {
  const number = index + 1
  if (number === 999) return nodeOf({hostname: 'both-*'}, 'first')
  if (number === 1000) return nodeOf({hostname: '*-both'}, 'second')
  return nodeOf(matches[index % matches.length]?.(number) ?? {}, `node-${number}`)
})

beforeAll(async () => {
  if (missing !== undefined) return
  const [file, config] = [join(scratch, 'all.json'), join(scratch, 'common.yaml')]
  writeFileSync(file, JSON.stringify(nodes))
  writeFileSync(config, 'hostname: common\nhaos:\n  install: {device: /dev/vda, silent: true, power_off: true}\n')
  const start = join(import.meta.dirname, '../../bin/start.ts')
  await execa(process.execPath, [start, 'remaster', await buildImage(), iso, '--nodes', file, '--config', config])
})
afterAll(() => rmSync(scratch, {recursive: true, force: true}))

const emptyDisk = (name: string): string => {
  const file = join(scratch, name)
  writeFileSync(file, '')
  truncateSync(file, 2 ** 32)
  return file
}

/** Boots a machine to an installation, and returns its disk and its console once the text has appeared. */
async function install(name: string, text: string, {appendCmdline = '', ...options}: BootOptions) {
  const disk = emptyDisk(name)
  await using machine = await boot(iso, {
    memoryMiB: 768,
    disks: [{file: disk, bus: 'virtio'}],
    appendCmdline: `haos.mode=install ${appendCmdline}`,
    ...options,
  })
  await machine.waitFor(text, {timeoutMs: 20 * minutes})
  if (text === 'Powering off') await machine.waitForExit({timeoutMs: 5 * minutes})
  return {disk, console: machine.console.text}
}

const configOf = async (disk: string) =>
  (await describeMedium(disk, {toolbox: new Toolbox(), signal: new AbortController().signal})).config

describe.skipIf(missing !== undefined)(`an ISO with a thousand nodes (${missing ?? 'built'})`, () => {
  test.each([
    [1, 'serial number s-1', {qemuArguments: ['-smbios', 'type=1,serial=S-1']}],
    [502, `UUID ${uuid(502)}`, {qemuArguments: ['-smbios', `type=1,uuid=${uuid(502)}`]}],
    [33, `MAC address ${mac(33)}`, {network: {mac: mac(33)}}],
    [994, 'asset tag tag 994', {qemuArguments: ['-smbios', 'type=3,asset=Tag 994']}],
    [65, 'host name host-65', {appendCmdline: 'hostname=host-65'}],
  ] as const)('node %i is installed with its own config, by its %s', async (number, by, options) => {
    const {disk, console} = await install(`${number}.img`, 'Powering off', options)

    expect(console).toContain(`this machine is node all.json#${number} of /haos/system/nodes, by its ${by}`)
    const name = by.startsWith('host name') ? 'host-65' : `node-${number}`
    const config = await configOf(disk)
    expect(config).toContain(`hostname: ${name}\n`)
    expect(config).toMatch(new RegExp(`index: ["']?${number}["']?\\n +of: ["']?node-${number}["']?\\n`))
  })

  test('a machine that no node is for says so, and gets the common config', async () => {
    const {disk, console} = await install('none.img', 'Powering off', {
      qemuArguments: ['-smbios', 'type=1,serial=unlisted'],
    })

    expect(console).toContain('no node of /haos/system/nodes is for this machine (')
    expect(console).toContain('serial number unlisted')
    expect(await configOf(disk)).toMatch(/^hostname: common\n/)
  })

  test('a machine that two nodes fit equally well is not installed: the message names both, and nothing is formatted', async () => {
    const {disk, console} = await install('both.img', 'not installed:', {appendCmdline: 'hostname=both-both'})

    expect(console).toContain('all.json#999 and all.json#1000 fit equally well (host name both-both)')
    // The file is sparse: each write would take a block.
    expect(statSync(disk).blocks).toBe(0)
  })
})
