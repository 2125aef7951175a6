import {execFileSync} from 'node:child_process'
import {mkdtempSync, readdirSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {DebianSpec} from '../../dsl/debian-spec.ts'
import type {DirectKernel} from '../../machine/machine-options.ts'
import {boot, whyNoBoot} from '../../machine/testing.ts'
import {completeMirrors} from '../../sources/debian/apt/archives.ts'
import {whyNoPrograms} from '../foreign-programs.ts'
import {buildTarget} from '../image/build-image.ts'
import {mmdebstrap} from '../test-tools.ts'
import {whyNoTools} from '../why-no-tools.ts'

const minutes = 60_000
const whyNot = process.getuid?.() === 0 ? undefined : 'only root makes the other system'

const machines = [
  {arch: 'amd64', debian: 'amd64', kernel: 'linux-image-amd64', terminal: 'ttyS0', machine: 'x86_64', inputs: []},
  {arch: 'arm64', debian: 'arm64', kernel: 'linux-image-arm64', terminal: 'ttyAMA0', machine: 'aarch64', inputs: []},
  // On some mirrors, armhf's lists of updates do not match their Release file for months.
  {
    arch: 'arm',
    debian: 'armhf',
    kernel: 'linux-image-armmp',
    terminal: 'ttyAMA0',
    machine: 'armv7l',
    inputs: ['--set', 'release=true'],
  },
] as const

describe.each(machines)('a root tarball of $arch', async ({arch, debian, kernel, terminal, machine: uname, inputs}) => {
  const missing = (await whyNoBoot({arch})) ?? (await whyNoTools([mmdebstrap])) ?? whyNoPrograms(arch) ?? whyNot
  if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)
  const scratch = mkdtempSync(join(tmpdir(), 'haos-rootfs-test-'))
  const file = join(scratch, 'disk.img')
  let direct: DirectKernel
  beforeAll(async () => {
    if (missing !== undefined) return
    const {rootfs = ''} = await buildTarget('rootfs', {
      arguments: ['--arch', arch, '--set', 'password=geheim', ...inputs],
    })
    const tree = join(scratch, 'tree')
    const run = (program: string, ...args: string[]) =>
      execFileSync(program, args, {stdio: ['ignore', 'ignore', 'inherit']})
    const packages = `${kernel},initramfs-tools,systemd-sysv`
    // Foreign programs were checked above; mmdebstrap's own check needs a program that is missing here.
    const variant = [
      '--mode=root',
      '--variant=minbase',
      '--skip=check/qemu',
      `--arch=${debian}`,
      `--include=${packages}`,
      // initramfs-tools lists directories of drivers with dracut-install, which as a 32-bit program under qemu-user finds none
      // on file systems whose positions in a directory take 64 bits, such as ext4. It still copies what is named.
      '--essential-hook=mkdir -p "$1/usr/share/initramfs-tools/modules.d"',
      '--essential-hook=echo virtio_blk >"$1/usr/share/initramfs-tools/modules.d/disk"',
    ]
    // The release without updates: the contents of the other system do not matter.
    const {mirrors = []} = await completeMirrors(DebianSpec.parse({kind: 'debian'}))
    run('mmdebstrap', '--quiet', ...variant, 'trixie', tree, ...mirrors.map((mirror) => `deb ${mirror} trixie main`))
    // As in the seed images.
    run('tar', '-xzf', rootfs, '--strip-components=1', '-C', tree)
    run('mke2fs', '-q', '-t', 'ext4', '-d', tree, file, '3G')
    const inBoot = (prefix: string) =>
      join(tree, 'boot', readdirSync(join(tree, 'boot')).find((name) => name.startsWith(prefix)) ?? '')
    const cmdline = `root=/dev/vda ro console=${terminal} norandmaps no_timer_check`
    direct = {kernel: inBoot('vmlinuz-'), initrd: inBoot('initrd.img-'), cmdline}
  })
  afterAll(() => rmSync(scratch, {recursive: true, force: true}))

  test.skipIf(missing !== undefined)(
    `it takes over at the next boot, with the kernel that was there, though that was told to mount the root ro (${missing ?? 'of Debian'})`,
    async () => {
      const isUpgraded = arch === 'amd64'
      const {iso = ''} = isUpgraded
        ? await buildTarget('iso', {arguments: ['--set', 'password=geheim', '--set', 'version=0.2.0']})
        : {}
      const medium = isUpgraded ? [{file: iso, readOnly: true}] : []
      const start = () => boot(direct, {arch, disks: [{file}, ...medium], memoryMiB: 768, linesInMessages: true})
      let machineId = ''
      {
        await using machine = await start()
        await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 10 * minutes})
        await machine.waitUntilSucceeds('grep runtime /run/phases', {timeoutMs: 10 * minutes})
        expect(await machine.succeed('uname -m; hostname; cat /run/haos/mode /run/phases')).toBe(
          `${uname}\nbaked\nlocal\ninitrd\nboot\nruntime`,
        )
        expect(await machine.succeed('sudo modprobe dummy && ls -d /sys/module/dummy')).toBe('/sys/module/dummy')
        await machine.succeed('sudo touch /etc/mine; echo kept | sudo tee /var/lib/mine')
        machineId = await machine.succeed('cat /etc/machine-id')
        await machine.powerOff({timeoutMs: 5 * minutes})
      }
      await using machine = await start()
      await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 10 * minutes})
      expect(await machine.succeed('cat /etc/machine-id /var/lib/mine; ls /etc/mine 2>/dev/null || echo gone')).toBe(
        `${machineId}\nkept\ngone`,
      )
      if (!isUpgraded) return

      // Stage 0 counts the boots of a trial here: one that never becomes healthy ends with the previous version.
      const reboot = async () => {
        await machine.reboot({timeoutMs: 5 * minutes})
        await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 20 * minutes})
      }
      const version = '. /usr/lib/os-release; echo $VERSION_ID'
      const config = '/var/lib/rancher/haos/config.yaml'
      const hangs = 'grep -q 0.1.0 /usr/lib/os-release || sleep 1800'
      const slow = `{run_cmd: ["${hangs}"], haos: {upgrade: {trial: {boots: 1, minutes: 3}}}}`
      await machine.waitUntilSucceeds('grep runtime /run/phases', {timeoutMs: 10 * minutes})
      await machine.succeed(`sudo mkdir -p /var/lib/rancher/haos; echo '${slow}' | sudo tee ${config}`)
      const upgrade = 'sudo haos upgrade --source /dev/vdb'
      expect(await machine.succeed(upgrade, {timeoutMs: 10 * minutes})).toContain('0.2.0 boots next, on trial')
      await machine.reboot({timeoutMs: 5 * minutes})
      // The boot ends before the watchdog would end it, so the reason is known.
      await machine.waitFor(/Welcome to HAOS 0\.1\.0/, {timeoutMs: 20 * minutes})
      await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 20 * minutes})
      expect(await machine.succeed(version)).toBe('0.1.0')
      const reason = 'the phase runtime of the configuration has not ended 3 minutes after its start'
      await machine.waitUntilSucceeds(`grep '0.2.0 has failed and is not used: ${reason}' /etc/issue`, {
        timeoutMs: 2 * minutes,
      })

      await machine.succeed(`sudo rm ${config}`)
      expect(await machine.run(upgrade, {timeoutMs: 10 * minutes})).toMatchObject({
        ...{status: 1, output: expect.stringContaining('--force tries it again')},
      })
      await machine.succeed(`${upgrade} --force`, {timeoutMs: 10 * minutes})
      await reboot()
      await machine.waitUntilSucceeds("sudo grep '^0.2.0 is healthy: the trial is over' /var/log/upgrade.log", {
        timeoutMs: 10 * minutes,
      })
      expect(await machine.succeed(`${version}; cat /var/lib/mine; ls -A /haos/system/kernel 2>/dev/null; true`)).toBe(
        '0.2.0\nkept',
      )
      const kernel = await machine.run('sudo /usr/share/rancher/haos/scripts/haos-upgrade-kernel /dev/vdb')
      expect(kernel).toMatchObject({status: 1, output: expect.stringContaining('which is not changed')})
    },
  )
})
