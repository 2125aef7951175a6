import {execFileSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {mkdtempSync, openSync, readFileSync, readSync, rmSync, truncateSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {Machine} from '../../machine/machine.ts'
import type {DirectKernel} from '../../machine/machine-options.ts'
import {type BootOptions, boot, whyNoBoot} from '../../machine/testing.ts'
import {buildImage, buildTarget} from '../image/build-image.ts'
import {type ServedFiles, serveFiles} from '../served-files.ts'

const missing = await whyNoBoot({firmware: 'uefi'})
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const minutes = 60_000
const MiB = 2 ** 20
const GiB = 2 ** 30
const config = 'hostname: installed\nhaos:\n  password: geheim\n'

describe.skipIf(missing !== undefined)(
  `an installation onto another kind of disk (${missing ?? 'in a machine'})`,
  () => {
    const scratch = mkdtempSync(join(tmpdir(), 'haos-install-test-'))
    let iso = ''
    let direct: DirectKernel
    let served: ServedFiles
    beforeAll(async () => {
      iso = await buildImage()
      const {kernel = '', initrd = ''} = await buildTarget('initrd')
      direct = {kernel, initrd, cmdline: 'console=ttyS0,115200 norandmaps no_timer_check quiet'}
      served = await serveFiles({'/config.yaml': config, '/haos.iso': readFileSync(iso)})
    })
    afterAll(() => {
      served?.close()
      rmSync(scratch, {recursive: true, force: true})
    })
    const url = (name: string) => `http://10.0.2.2:${served.port}/${name}`

    /** Installs without questions, with additional keys of `haos.install`. */
    async function install(
      from: string | DirectKernel,
      disk: BootOptions['disks'],
      keys: Readonly<Record<string, string>>,
    ) {
      const all = {config_url: url('config.yaml'), silent: 'true', power_off: 'true', ...keys}
      const words = Object.entries(all).map(([key, value]) => `haos.install.${key}=${value}`)
      await using machine = await boot(from, {
        memoryMiB: 1536,
        disks: disk,
        appendCmdline: ['haos.mode=install', ...words].join(' '),
        failOn: [/not installed: .*/],
      })
      await machine.waitFor('Powering off', {timeoutMs: 15 * minutes})
      await machine.waitForExit({timeoutMs: 5 * minutes})
    }

    /** Boots from disks only, logs in, and runs the test's checks. */
    async function inInstalled(options: BootOptions, ask: (machine: Machine) => Promise<void>) {
      await using machine = await Machine.start({memoryMiB: 768, linesInMessages: true, ...options})
      await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 10 * minutes})
      expect(await machine.succeed('hostname; cat /run/haos/mode')).toBe('installed\ndisk')
      await ask(machine)
      await machine.powerOff({timeoutMs: 5 * minutes})
    }

    test('NVMe with sectors of 4096 bytes boots under UEFI', async () => {
      const disk = {file: join(scratch, 'nvme.img'), bus: 'nvme', sectorBytes: 4096} as const
      await install(iso, [{...disk, sizeBytes: 4 * GiB}], {})
      await inInstalled({disks: [disk], firmware: 'uefi'}, async (machine) => {
        expect(
          await machine.succeed('sudo blockdev --getss /dev/nvme0n1; cat /sys/block/nvme0n1/device/transport'),
        ).toBe('4096\npcie')
      })
    })

    test('an msdos table on SATA boots under BIOS and under UEFI', async () => {
      const disk = {file: join(scratch, 'sata.img'), bus: 'ide'} as const
      await install(iso, [{...disk, sizeBytes: 4 * GiB}], {partition_table: 'msdos'})
      for (const firmware of ['bios', 'uefi'] as const) {
        await inInstalled({disks: [disk], firmware}, async (machine) => {
          expect(await machine.succeed('sudo blkid -o value -s PTTYPE /dev/sda')).toBe('dos')
        })
      }
    })

    test('partitions of one’s own are kept, and the one labelled HAOS_STATE is used', async () => {
      const file = join(scratch, 'own.img')
      writeFileSync(file, '')
      truncateSync(file, 3 * GiB)
      const layout = [
        'label: gpt',
        'size=4MiB, type=21686148-6449-6E6F-744E-656564454649',
        'size=64MiB, type=L',
        'size=2GiB, type=L',
      ]
      execFileSync('sfdisk', ['--quiet', file], {input: `${layout.join('\n')}\n`})
      const table: {partitiontable: {partitions: {start: number; size: number}[]}} = JSON.parse(
        execFileSync('sfdisk', ['--json', file], {encoding: 'utf8'}),
      )
      const [, data, state] = table.partitiontable.partitions
      if (data === undefined || state === undefined) throw new Error('sfdisk made other partitions')
      execFileSync('dd', [`of=${file}`, 'conv=notrunc', 'status=none', 'bs=512', `seek=${data.start}`], {
        input: Buffer.alloc(data.size * 512, 'data'),
      })
      const format = ['-q', '-t', 'ext4', '-L', 'HAOS_STATE', '-E', `offset=${state.start * 512}`]
      execFileSync('mke2fs', [...format, file, `${(state.size * 512) / MiB}M`])
      const digest = () => {
        const bytes = Buffer.alloc(data.size * 512)
        readSync(openSync(file, 'r'), bytes, 0, bytes.length, data.start * 512)
        return createHash('sha256').update(bytes).digest('hex')
      }
      const before = digest()

      await install(iso, [{file}], {no_format: 'true'})
      await inInstalled({disks: [{file}]}, async (machine) => {
        expect(await machine.succeed('findmnt --noheadings --output SOURCE --target /var | head -n 1')).toContain(
          'vda3',
        )
      })
      expect(digest()).toBe(before)
    })

    test('a machine that booted from kernel and initrd alone installs the ISO of a server', async () => {
      const disk = {file: join(scratch, 'served.img')}
      await install(direct, [{...disk, sizeBytes: 4 * GiB}], {iso_url: url('haos.iso'), device: '/dev/vda'})
      expect(served.requests).toContain('/haos.iso')
      await inInstalled({disks: [disk]}, async (machine) => {
        expect(await machine.succeed('readlink /haos/system/haos/current')).toBe('0.1.0')
      })
    })
  },
)
