import {execFileSync} from 'node:child_process'
import {copyFileSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {Machine} from '../../machine/machine.ts'
import {whyNoBoot} from '../../machine/testing.ts'
import {buildTarget} from '../image/build-image.ts'
import {findRegistry, findUmoci} from '../registry/container-tools.ts'
import {type Registry, startRegistry} from '../registry/start-registry.ts'
import {type BootKey, makeBootKey, trustKey, trustStranger} from './ask-signatures.ts'

const umoci = findUmoci()
const missing = (await whyNoBoot({firmware: 'uefi'})) ?? umoci.reason ?? findRegistry().reason
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const minutes = 60_000
const minute = {timeoutMs: 10 * minutes}

describe.skipIf(missing !== undefined)(
  `an upgrade from an image for containers (${missing ?? 'of the test recipe'})`,
  () => {
    const scratch = mkdtempSync(join(tmpdir(), 'haos-oci-test-'))
    let disk = ''
    let container = ''
    let registry: Registry
    let key: BootKey
    beforeAll(async () => {
      key = makeBootKey(scratch)
      const build = (target: string, version: string, more: readonly string[] = []) =>
        buildTarget(target, {arguments: ['--set', 'password=geheim', '--set', `version=${version}`, ...more]})
      registry = await startRegistry(join(scratch, 'registry'))
      disk = (await build('disk', '0.1.0'))['disk'] ?? ''
      const {oci = ''} = await build('oci', '0.2.0', ['--sign-key', key.file])
      await build('oci', '0.3.0', ['--push', `${registry.host}/os/haos:0.3.0`])
      container = containerDisk(oci, scratch)
    })
    afterAll(() => {
      registry?.close()
      rmSync(scratch, {recursive: true, force: true})
    })

    /** A node that runs 0.1.0, with data and a config of its own. */
    const start = async (firmware: 'bios' | 'uefi', more: readonly string[] = []) => {
      const file = join(scratch, `${firmware}.raw`)
      execFileSync('cp', ['--sparse=always', disk, file])
      const machine = await Machine.start({
        disks: [{file}, ...more.map((each) => ({file: each, readOnly: true}))],
        firmware,
        memoryMiB: 768,
        linesInMessages: true,
        mayPanic: true,
      })
      await login(machine)
      await machine.succeed('echo mine | sudo tee /var/lib/mine')
      await machine.succeed(
        "sudo mkdir -p /var/lib/rancher/haos; echo 'haos: {upgrade: {trial: {boots: 2, minutes: 9}}}' | sudo tee /var/lib/rancher/haos/config.yaml",
      )
      return machine
    }
    const login = async (machine: Machine) => {
      await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 20 * minutes})
      await machine.waitUntilSucceeds('grep runtime /run/phases', minute)
    }
    const expectNew = async (machine: Machine, version: string) => {
      await login(machine)
      await machine.waitUntilSucceeds(
        `sudo grep '^${version} is healthy: the trial is over' /var/log/upgrade.log`,
        minute,
      )
      expect(await machine.succeed('. /usr/lib/os-release; echo $VERSION_ID; cat /var/lib/mine; hostname')).toBe(
        `${version}\nmine\nbaked`,
      )
      expect(await machine.succeed('sudo haos config status')).toBe('The configuration was applied without problems.')
    }

    test.each(['bios', 'uefi'] as const)(
      "as the job of the upgrade controller, from the image's own root, if a key of the node has signed it, and then from a registry: %s",
      async (firmware) => {
        await using machine = await start(firmware, [container])
        await machine.succeed('sudo mkdir /run/image && sudo mount -o ro /dev/vdb /run/image')
        const pod = (command: string) => `sudo sh /run/image/pod.sh ${command}`
        expect(await machine.succeed(pod('haos --version'))).toBe('haos version 0.2.0')

        const flags =
          '--kernel --rootfs --remount --sync --lock-file=/host/run/haos/upgrade.lock --source=/haos/system --destination=/host/haos/system'
        const refuse = async (command: string, reason: string) =>
          expect(await machine.run(pod(command), minute)).toMatchObject({
            status: 1,
            output: expect.stringContaining(reason),
          })
        const image = `10.0.2.2:${registry.port}/os/haos:0.3.0`
        await trustStranger(machine)
        await refuse(`haos upgrade ${flags}`, `is signed with ${key.id.slice(0, 12)}, and this node takes only`)
        await trustKey(machine, key)
        await refuse(`haos upgrade --image ${image} --plain-http --destination=/host/haos/system`, 'is not signed')
        await refuse(`haos upgrade ${flags} --insecure-skip-signature`, 'in a container it is refused')
        expect(await machine.succeed('ls -A /haos/system/haos')).not.toMatch(/0\.[23]\.0/)
        await machine.reboot({command: pod(`haos upgrade ${flags} --reboot`), timeoutMs: 10 * minutes})
        expect(machine.console.text).toContain(`Signed with the key ${key.id.slice(0, 12)}`)
        await expectNew(machine, '0.2.0')

        // The job runs again once the node is back: nothing is left to do, and nothing reboots.
        await machine.succeed('sudo mkdir -p /run/image && sudo mount -o ro /dev/vdb /run/image')
        expect(await machine.succeed(pod(`haos upgrade ${flags} --reboot`), minute)).toBe('0.2.0 is installed already.')
        expect(await machine.succeed('sudo haos verify')).toMatch(
          /^0\.2\.0: \d+ files, .*, as they came\n0\.1\.0: .*, as they came\n?$/,
        )
        expect(await machine.succeed('sudo haos versions | grep -v sha256')).toMatch(
          /^current {3}0\.2\.0, kernel .*\nprevious {2}0\.1\.0, kernel .*$/,
        )

        const unencrypted = await machine.run(`sudo haos upgrade --image ${image}`, minute)
        expect(unencrypted).toMatchObject({status: 1, output: expect.stringContaining('could not be fetched')})
        const said = await machine.succeed(`sudo haos upgrade --image ${image} --plain-http`, minute)
        expect(said).toContain('0.3.0 boots next, on trial: it has 2 boots of 9 minutes')
        // The packages and the scripts of both versions are the same, and the kernel with its modules is.
        expect(said.match(/Fetching/g)).toHaveLength(2)
        await machine.reboot({timeoutMs: 5 * minutes})
        await expectNew(machine, '0.3.0')
        const digest = /is (sha256:\w+)/.exec(said)?.[1]
        const again = `sudo haos upgrade --image 10.0.2.2:${registry.port}/os/haos@${digest} --plain-http`
        expect(await machine.succeed(again, minute)).toContain('0.3.0 is installed already.')
      },
    )
  },
)

/** A disk with the unpacked root of an image, and the script that runs programs in it. */
function containerDisk(archive: string, scratch: string): string {
  const [layout, bundle, file] = ['layout', 'bundle', 'container.ext4'].map((name) => join(scratch, name))
  if (layout === undefined || bundle === undefined || file === undefined) throw new Error('there are no names')
  execFileSync('mkdir', [layout])
  execFileSync('tar', ['-xf', archive, '-C', layout])
  const unpack = ['unpack', ...(process.getuid?.() === 0 ? [] : ['--rootless'])]
  execFileSync(umoci.path ?? '', [...unpack, '--image', `${layout}:0.2.0`, bundle], {env: umoci.env, stdio: 'pipe'})
  copyFileSync(join(import.meta.dirname, 'pod.sh'), join(bundle, 'pod.sh'))
  execFileSync('mke2fs', ['-q', '-t', 'ext4', '-d', bundle, file, '500M'])
  return file
}
