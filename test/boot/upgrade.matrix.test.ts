import {execFileSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {Machine} from '../../machine/machine.ts'
import {whyNoBoot} from '../../machine/testing.ts'
import {buildTarget} from '../image/build-image.ts'
import {buildSampleTarget} from '../image/sample-image.ts'
import {type ServedFiles, serveFiles} from '../served-files.ts'
import {askSignatures, type BootKey, makeBootKey} from './ask-signatures.ts'
import {breakRelease, replaceInit, type UnpackedRelease} from './broken-release.ts'
import {changeLoaders, readLoaders} from './disk-loaders.ts'

const missing = await whyNoBoot({firmware: 'uefi'})
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const minutes = 60_000
const root = join(import.meta.dirname, '../..')

describe.skipIf(missing !== undefined)(`an upgrade of a node (${missing ?? 'of the test recipe'})`, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'haos-upgrade-test-'))
  let disk = ''
  let iso = ''
  let key: BootKey
  let served: ServedFiles
  beforeAll(async () => {
    key = makeBootKey(scratch)
    const build = (target: string, version: string, more: readonly string[] = []) =>
      buildTarget(target, {arguments: ['--set', 'password=geheim', '--set', `version=${version}`, ...more]})
    disk = (await build('disk', '0.1.0'))['disk'] ?? ''
    iso = (await build('iso', '0.2.0', ['--sign-key', key.file]))['iso'] ?? ''
    const {update = ''} = await build('update', '0.3.0')
    served = await serveFiles({'/next.iso': readFileSync(iso), '/after.run': readFileSync(update)})
  })
  afterAll(() => {
    served?.close()
    rmSync(scratch, {recursive: true, force: true})
  })

  const fileOf = (firmware: 'bios' | 'uefi') => join(scratch, `${firmware}.raw`)
  /** A node that runs 0.1.0 and has other loaders, with one disk more. */
  const start = async (firmware: 'bios' | 'uefi', medium?: string) => {
    const file = fileOf(firmware)
    execFileSync('cp', ['--sparse=always', disk, file])
    changeLoaders(file, scratch)
    const machine = await Machine.start({
      disks: [{file}, ...(medium === undefined ? [] : [{file: medium, readOnly: true}])],
      firmware,
      memoryMiB: 768,
      linesInMessages: true,
      mayPanic: true,
    })
    await login(machine)
    return machine
  }
  const login = async (machine: Machine) => {
    await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 20 * minutes})
    await machine.waitUntilSucceeds('grep runtime /run/phases', {timeoutMs: 10 * minutes})
  }
  const version = (machine: Machine) => machine.succeed('. /usr/lib/os-release; echo $VERSION_ID')
  const confirmed = async (machine: Machine, next = '0.2.0') => {
    const line = `^${next} is healthy: the trial is over`
    await machine.waitUntilSucceeds(`sudo grep '${line}' /var/log/upgrade.log`, {timeoutMs: 5 * minutes})
  }

  test('under BIOS, from the ISO on a disk: only what a key of the node has signed is taken, and the new version is confirmed, keeps data and config, and rolls back with its own loader', async () => {
    await using machine = await start('bios', iso)
    await machine.succeed(
      'echo mine | sudo tee /var/lib/mine; sudo install -D -m 600 /dev/null /var/lib/rancher/haos/x',
    )
    await askSignatures(machine, key, '/dev/vdb')
    const full = await machine.run(
      "sudo fallocate -l $(($(df -Pk /var | awk 'NR == 2 {print $4}') - 51200))K /var/full; sudo haos upgrade --source /dev/vdb",
      {timeoutMs: 10 * minutes},
    )
    expect(full).toMatchObject({status: 1, output: expect.stringContaining('MB free, and the release needs')})
    await machine.succeed('sudo rm /var/full')
    const said = await machine.succeed('sudo haos upgrade --source /dev/vdb', {timeoutMs: 10 * minutes})
    expect(said).toContain(`Signed with the key ${key.id.slice(0, 12)}\n`)
    expect(said).toContain('0.2.0 boots next, on trial')
    expect(await version(machine)).toBe('0.1.0')

    await machine.reboot({timeoutMs: 5 * minutes})
    await login(machine)
    await confirmed(machine)
    expect(readLoaders(fileOf('bios'))).toEqual(readLoaders(disk))
    expect(await machine.succeed('cat /var/lib/mine; hostname; ls /var/lib/rancher/haos/x')).toBe(
      'mine\nbaked\n/var/lib/rancher/haos/x',
    )
    expect([await version(machine), await machine.succeed('sudo haos versions | grep -v sha256')]).toEqual([
      '0.2.0',
      expect.stringMatching(/^current {3}0\.2\.0, kernel .*\nprevious {2}0\.1\.0, kernel .*$/),
    ])
    expect(await machine.succeed('sudo haos config status')).toBe('The configuration was applied without problems.')
    expect(await machine.succeed('cat /sys/class/watchdog/watchdog0/state')).toBe('inactive')

    await machine.succeed('sudo haos rollback')
    await machine.reboot({timeoutMs: 5 * minutes})
    await login(machine)
    expect(await version(machine)).toBe('0.1.0')
  })

  test('under UEFI, from URLs of an ISO and of an update file: only what a key of the node has signed is taken, the digest is checked, a second upgrade is not needed, and ten further boots change nothing', async () => {
    await using machine = await start('uefi', iso)
    await askSignatures(machine, key, '/dev/vdb')
    const url = `http://10.0.2.2:${served.port}/next.iso`
    const wrong = await machine.run(`sudo haos upgrade --source ${url} --sha256 ${'0'.repeat(64)}`, {
      timeoutMs: 10 * minutes,
    })
    expect(wrong).toMatchObject({status: 1, output: expect.stringContaining('it was not used')})
    const unsigned = `http://10.0.2.2:${served.port}/after.run`
    const refused = await machine.run(`sudo haos upgrade --source ${unsigned}`, {timeoutMs: 10 * minutes})
    expect(refused).toMatchObject({status: 1, output: expect.stringContaining('is not signed')})
    expect(await machine.succeed('ls -A /haos/system/haos')).not.toMatch(/0\.[23]\.0/)
    const said = await machine.succeed(`sudo haos upgrade --source ${url}`, {timeoutMs: 10 * minutes})
    expect(said).toContain(`Signed with the key ${key.id.slice(0, 12)}\n`)
    await machine.reboot({timeoutMs: 5 * minutes})
    await login(machine)
    await confirmed(machine)
    expect(await version(machine)).toBe('0.2.0')
    expect(await machine.succeed(`sudo haos upgrade --source ${url}`, {timeoutMs: 10 * minutes})).toContain(
      '0.2.0 is installed already',
    )

    expect(readLoaders(fileOf('uefi'))).toEqual(readLoaders(disk))
    const state = async () => [
      await machine.succeed(
        'sudo haos versions; cat /etc/issue; sudo find /haos/system /run/haos/state/boot -printf "%p %y %s %m %T@ %l\\n" | sort; sudo sha256sum /run/haos/state/boot/grub/*',
        {timeoutMs: 2 * minutes},
      ),
      readLoaders(fileOf('uefi')),
    ]
    const before = await state()
    for (let boot = 0; boot < 10; boot++) {
      await machine.reboot({timeoutMs: 5 * minutes})
      await login(machine)
    }
    expect(await state()).toEqual(before)

    await machine.succeed(`sudo haos upgrade --source ${unsigned}`, {timeoutMs: 10 * minutes})
    await machine.reboot({timeoutMs: 5 * minutes})
    await login(machine)
    await confirmed(machine, '0.3.0')
    expect([await version(machine), await machine.succeed('ls -A /haos/system/releases')]).toEqual([
      '0.3.0',
      '0.1.0\n0.2.0\n0.3.0',
    ])
  })

  interface Broken {
    readonly what: string
    readonly reason: string
    readonly change?: (release: UnpackedRelease) => void | Promise<void>
    /** What breaks it on the node, once it is installed: the release itself is whole, and may be tried again. */
    readonly command?: string
    /** What the console shows before the last reboot. */
    readonly before?: string
  }
  const broken: readonly Broken[] = [
    {
      what: 'whose kernel GRUB cannot load',
      reason: 'it did not start',
      change: ({kernel}) => writeFileSync(join(kernel, 'vmlinuz'), 'no kernel'),
    },
    {
      what: 'whose first program ends',
      reason: 'it did not start',
      change: ({kernel}) => replaceInit(join(kernel, 'initrd'), '#!/bin/busybox sh\nexit 1\n'),
    },
    {
      what: 'that hangs in stage 0',
      reason: 'it did not start',
      change: ({kernel}) => {
        const init = readFileSync(join(root, 'runtime/stage0/init'), 'utf8')
        return replaceInit(
          join(kernel, 'initrd'),
          init.replace('\n  choose_mode\n', '\n  while :; do sleep 60; done\n'),
        )
      },
    },
    {
      what: 'whose services never start',
      reason: 'the phase runtime of the configuration has not ended 3 minutes after its start',
      change: ({kernel}) => {
        const init = readFileSync(join(root, 'runtime/stage0/init'), 'utf8')
        const never = "\n  rm -f etc/runlevels/default/node-config\n  login=''\n"
        return replaceInit(join(kernel, 'initrd'), init.replace("\n  login=''\n", never))
      },
    },
    {
      what: 'whose first phase is never applied',
      reason: 'the phase initrd of the configuration has not ended 3 minutes after its start',
      change: ({kernel}) => {
        const init = readFileSync(join(root, 'runtime/stage0/init'), 'utf8')
        return replaceInit(join(kernel, 'initrd'), init.replace('\n  configure initrd\n', '\n'))
      },
    },
    {
      what: 'with a flipped byte that keeps a layer from being mounted',
      reason: 'its files are damaged',
      command: flipByte('system.squashfs', '0'),
      before: 'The system "0.3.0" on /dev/vda3 is damaged: 0.1.0 runs instead.',
    },
    {
      what: 'with a flipped byte that nothing reads',
      reason: 'its files are damaged',
      command: flipByte('packages.squashfs', '$(($(stat -c %s "$file") - 1))'),
    },
  ]
  test('a version whose Kubernetes never becomes ready is replaced by the previous one', async () => {
    const [before, next] = [await buildSampleTarget(scratch, 'disk'), await buildSampleTarget(scratch, 'iso')]
    try {
      const medium = await breakRelease(next.files['iso'] ?? '', scratch, {version: '0.4.0', change: () => {}})
      const file = join(scratch, 'kubernetes.raw')
      execFileSync('cp', ['--sparse=always', before.files['disk'] ?? '', file])
      await using machine = await Machine.start({
        disks: [{file}, {file: medium, readOnly: true}],
        memoryMiB: 768,
        linesInMessages: true,
        mayPanic: true,
      })
      const logIn = () => machine.login({user: 'rancher', password: 'geheim', timeoutMs: 20 * minutes})
      await logIn()
      await machine.waitUntilSucceeds('test -s /run/k3s/node', {timeoutMs: 10 * minutes})
      const never = "echo 'boot_cmd: [mkdir -p /run/k3s, echo starting >/run/k3s/readyz]'"
      await machine.succeed(`${shortTrial}; ${never} | sudo tee -a ${localConfig}`)
      await machine.succeed('sudo haos upgrade --source /dev/vdb', {timeoutMs: 10 * minutes})
      await machine.reboot({timeoutMs: 5 * minutes})
      await machine.waitFor('Restarting system', {timeoutMs: 20 * minutes})
      await logIn()
      await machine.waitUntilSucceeds(
        "grep -F '0.4.0 has failed and is not used: k3s is not ready 3 minutes after its start.' /etc/issue",
        {timeoutMs: 2 * minutes},
      )
    } finally {
      before.served.close()
      next.served.close()
    }
  })

  const localConfig = '/var/lib/rancher/haos/config.yaml'
  const shortTrial = `sudo mkdir -p /var/lib/rancher/haos; echo 'haos: {upgrade: {trial: {boots: 1, minutes: 3}}}' | sudo tee ${localConfig}`
  test.each(broken)(
    'a version $what is replaced by the previous one, and that is told',
    async ({change = () => {}, command = 'true', before, reason}) => {
      const medium = await breakRelease(iso, scratch, {version: '0.3.0', change})
      await using machine = await start('bios', medium)
      await machine.succeed(
        "sudo mkdir -p /var/lib/rancher/haos; echo 'haos: {upgrade: {trial: {boots: 1, minutes: 3}}}' | sudo tee /var/lib/rancher/haos/config.yaml",
      )
      await machine.succeed('sudo haos upgrade --source /dev/vdb', {timeoutMs: 10 * minutes})
      await machine.succeed(command)
      await machine.reboot({timeoutMs: 5 * minutes})
      if (before !== undefined) {
        await machine.waitFor(before, {timeoutMs: 20 * minutes})
        await machine.waitFor('Restarting system', {timeoutMs: 20 * minutes})
      }
      await machine.waitFor(/Welcome to HAOS 0\.1\.0/, {timeoutMs: 20 * minutes})
      await login(machine)
      expect(await version(machine)).toBe('0.1.0')
      await machine.waitUntilSucceeds(`grep -F '0.3.0 has failed and is not used: ${reason}.' /etc/issue`, {
        timeoutMs: 2 * minutes,
      })
      const again = await machine.run('sudo haos upgrade --source /dev/vdb', {timeoutMs: 10 * minutes})
      expect(again).toMatchObject(
        command === 'true'
          ? {status: 1, output: expect.stringContaining('--force tries it again')}
          : {status: 0, output: expect.stringMatching(/^0\.3\.0\+\w{8} boots next, on trial/m)},
      )
    },
  )
})

/** The command that flips a byte of a file of version 0.3.0 on its node. */
function flipByte(name: string, offset: string): string {
  return `file=/haos/system/haos/0.3.0/${name} at=${offset}
byte=$(sudo dd if=$file bs=1 skip=$at count=1 status=none | od -An -tu1)
printf "\\\\$(printf %o $((byte ^ 255)))" | sudo dd of=$file bs=1 seek=$at conv=notrunc,fsync status=none`
}
