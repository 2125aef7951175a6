import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {generateX25519Identity, identityToRecipient} from 'age-encryption'
import {execa} from 'execa'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {Toolbox} from '#engine'
import {describeMedium} from '#media'
import {Machine} from '../../machine/machine.ts'
import {type BootOptions, boot, whyNoBoot} from '../../machine/testing.ts'
import {buildImage} from '../image/build-image.ts'
import {serveTime} from '../ntp-server.ts'
import {serveFiles} from '../served-files.ts'

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
async function install(
  name: string,
  text: string,
  {
    appendCmdline = '',
    medium = iso,
    stick,
    ...options
  }: BootOptions & {medium?: string; stick?: ReturnType<typeof makeStick>},
) {
  const disk = emptyDisk(name)
  await using machine = await boot(medium, {
    memoryMiB: 768,
    disks: [{file: disk, bus: 'virtio'}, ...(stick === undefined ? [] : [stick])],
    appendCmdline: `haos.mode=install ${appendCmdline}`,
    ...options,
  })
  await machine.waitFor(text, {timeoutMs: 20 * minutes})
  if (text === 'Powering off') await machine.waitForExit({timeoutMs: 5 * minutes})
  return {disk, console: machine.console.text}
}

/** A stick with FAT and the label of nodes. */
function makeStick(
  name: string,
  files: Readonly<Record<string, string>>,
): {readonly file: string; readonly bus: 'usb'} {
  const [file, content] = [join(scratch, `${name}.vfat`), join(scratch, name)]
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(content, path)), {recursive: true})
    writeFileSync(join(content, path), text)
  }
  execFileSync('mkfs.vfat', ['-C', '-n', 'HAOS_NODES', file, '8192'], {stdio: 'ignore'})
  const top = [...new Set(Object.keys(files).map((path) => path.split('/')[0] ?? ''))]
  execFileSync('mcopy', ['-s', '-i', file, ...top.map((each) => join(content, each)), '::'])
  return {file, bus: 'usb'}
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

  test('a live system finds its node on a USB stick beside the medium, among other files', async () => {
    const stick = makeStick('stick', {
      'README.md': '# Rack 1',
      '.git/config.yaml': '}',
      'A.YAML': JSON.stringify(nodeOf({serial: 'another'}, 'another')),
      'rack1.yaml': JSON.stringify(nodeOf({serial: 'STICK'}, 'of-stick')),
    })
    await using machine = await boot(iso, {
      memoryMiB: 768,
      disks: [stick],
      qemuArguments: ['-smbios', 'type=1,serial=STICK'],
    })
    await machine.login({user: 'rancher', timeoutMs: 15 * minutes})
    await machine.waitUntilSucceeds('grep HAOS_NODES /run/haos/node', {timeoutMs: 10 * minutes})

    expect(await machine.succeed('cat /run/haos/node; sudo stat -c %a /run/haos/nodes.json')).toBe(
      'this machine is node rack1.yaml of HAOS_NODES, by its serial number stick\n600',
    )
    await machine.waitUntilSucceeds('test "$(hostname)" = of-stick', {timeoutMs: 5 * minutes})
    expect(await machine.succeed('sudo haos config --dump | grep index')).toMatch(/index: ["']?2["']?$/)
  })
})

describe.skipIf(missing !== undefined)(`an ISO with sealed nodes (${missing ?? 'and their key on a stick'})`, () => {
  const sealed = join(scratch, 'sealed.iso')
  const typed = join(scratch, 'typed.iso')
  const passphrase = 'correct horse battery'
  const smbios = {qemuArguments: ['-smbios', 'type=1,serial=SEALED']}
  let key = ''
  beforeAll(async () => {
    key = await generateX25519Identity()
    const [file, config] = [join(scratch, 'sealed.json'), join(scratch, 'sealed-common.yaml')]
    const own = {hostname: 'sealed', ntp: {servers: ['10.0.2.2']}, haos: {password: 'geheim'}}
    writeFileSync(
      file,
      JSON.stringify([nodeOf({serial: 'another'}, 'another'), {match: {serial: 'SEALED'}, config: own}]),
    )
    writeFileSync(config, 'haos:\n  install: {device: /dev/vda, silent: true, power_off: true}\n')
    const withAge = await buildImage({out: join(scratch, 'with-age'), arguments: ['--set', 'packages=age chrony']})
    const remaster = (output: string, common: string, ...seal: readonly string[]) =>
      execa(process.execPath, [
        join(import.meta.dirname, '../../bin/start.ts'),
        ...['remaster', withAge, output, '--nodes', file, '--config', common, ...seal],
      ])
    await remaster(sealed, config, '--seal-to', await identityToRecipient(key))
    const [secret, asking] = [join(scratch, 'passphrase'), join(scratch, 'asking.yaml')]
    writeFileSync(secret, `${passphrase}\n`)
    writeFileSync(asking, 'haos:\n  install: {device: /dev/vda, power_off: true}\n')
    await remaster(typed, asking, '--seal-passphrase-file', secret)
  })

  test('with another key, the machine is not installed: the message says why, and nothing is formatted', async () => {
    const stick = makeStick('wrong-key', {'nodes.key': await generateX25519Identity()})
    const {disk, console} = await install('wrong-key.img', 'this key does not open its config', {
      medium: sealed,
      stick,
      ...smbios,
    })

    expect(console).toContain('this key does not open its config')
    expect(console).not.toContain('AGE-SECRET-KEY')
    expect(statSync(disk).blocks).toBe(0)
  })

  test('with its key, the machine is installed with its own config; chrony sets its clock, and the key is nowhere on its disk', async () => {
    const stick = makeStick('right-key', {'nodes.key': `# made by age-keygen\n${key}\n`})
    const {disk, console} = await install('sealed.img', 'Powering off', {medium: sealed, stick, ...smbios})
    expect(console).toContain('this machine is node sealed.json#2 of /haos/system/nodes, by its serial number sealed')
    expect(console).not.toContain('AGE-SECRET-KEY')
    expect(await configOf(disk)).toMatch(/^hostname: sealed\n/)

    await using time = await serveTime()
    await using machine = await Machine.start({disks: [{file: disk}], memoryMiB: 768, linesInMessages: true})
    await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 10 * minutes})
    await machine.waitUntilSucceeds('sudo rc-service chronyd status', {timeoutMs: 2 * minutes})
    expect(await machine.succeed('hostname')).toBe('sealed')
    expect(await machine.succeed('sudo chronyc -n -c sources | cut -d, -f3')).toBe('10.0.2.2')
    if (time !== undefined)
      await machine.waitUntilSucceeds("chronyc -n tracking | grep 'Leap status *: Normal'", {timeoutMs: 5 * minutes})
    expect(await machine.succeed('sudo grep -rl AGE-SECRET-KE[Y] /haos /etc /var /home || echo nowhere')).toBe(
      'nowhere',
    )
    await machine.waitUntilSucceeds('sudo haos config status', {timeoutMs: 5 * minutes})
  })

  test('with its key on a server, the machine is installed with its own config, which does not say where the key was', async () => {
    const served = await serveFiles({'/nodes.key': `${key}\n`})
    const url = `http://10.0.2.2:${served.port}/nodes.key`
    const {disk, console} = await install('by-url.img', 'Powering off', {
      medium: sealed,
      appendCmdline: `haos.install.node_key=${url}`,
      ...smbios,
    }).finally(() => served.close())

    expect(served.requests).toContain('/nodes.key')
    expect(console).not.toContain('AGE-SECRET-KEY')
    expect(await configOf(disk)).toMatch(/^hostname: sealed\n(?![\s\S]*nodes\.key)/)
  })

  test('a passphrase is typed at the console, again after a wrong one, and is not shown', async () => {
    const disk = emptyDisk('typed.img')
    await using machine = await boot(typed, {
      memoryMiB: 768,
      disks: [{file: disk, bus: 'virtio'}],
      appendCmdline: 'haos.mode=install',
      ...smbios,
    })
    const answer = async (question: string | RegExp, text: string) => {
      await machine.waitFor(question, {timeoutMs: 20 * minutes})
      machine.write(`${text}\n`)
    }
    const type = async (text: string) => {
      await machine.waitFor(/passphrase.*: /i, {timeoutMs: 20 * minutes})
      // age prints its question before it turns the echo off.
      await new Promise((resolve) => setTimeout(resolve, 5000))
      machine.write(`${text}\n`)
    }
    await type('another one')
    await answer('Try again? [Y/n]: ', '')
    await type(passphrase)
    for (const question of ['config.yaml?', 'GitHub users', 'Password for', 'WiFi?', 'Run as', 'Token or'])
      await answer(question, '')
    await answer('Install now? [y/N]: ', 'y')
    await answer('press Enter to power off', '')
    await machine.waitForExit({timeoutMs: 20 * minutes})

    expect(machine.console.text).not.toContain(passphrase)
    expect(await configOf(disk)).toMatch(/^hostname: sealed$/m)
  })
})
