import {execFileSync} from 'node:child_process'
import {mkdtempSync, rmSync, statSync, truncateSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {execa} from 'execa'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {Machine} from '../../machine/machine.ts'
import {whyNoBoot} from '../../machine/testing.ts'
import {buildTarget} from '../image/build-image.ts'
import {makeDebianDisk} from '../image/debian-disk.ts'
import {mmdebstrap} from '../test-tools.ts'
import {whyNoTools} from '../why-no-tools.ts'

const missing =
  (await whyNoBoot()) ??
  (await whyNoTools([mmdebstrap])) ??
  (process.getuid?.() === 0 ? undefined : 'only root makes the image that is taken over')
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const minutes = 60_000
const GiB = 2 ** 30

describe.skipIf(missing !== undefined)(
  `an image made by takeover (${missing ?? 'of a Debian with cloud-init'})`,
  () => {
    const scratch = mkdtempSync(join(tmpdir(), 'haos-takeover-test-'))
    const base = join(scratch, 'debian.qcow2')
    const takeOver = (cloud: string) =>
      buildTarget('cloud', {
        out: join(scratch, 'out'),
        arguments: [cloud, '--mode', 'takeover', '--base', base, '--set', 'password=geheim'],
      })
    const remastered = async (image: string) => {
      const output = join(scratch, 'remastered.vmdk')
      const command = [join(import.meta.dirname, '../../bin/start.ts'), 'remaster', image, output]
      await execa(process.execPath, [...command, '--append', 'haos.hostname=wanted'])
      return output
    }
    const files: Record<string, string> = {}
    beforeAll(async () => {
      const {file} = makeDebianDisk(scratch, {packages: ['cloud-init'], sizeMiB: 3 * 1024})
      execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', file, base])
      rmSync(file)
      for (const cloud of ['aws', 'gcp']) files[cloud] = (await takeOver(cloud))['cloud-image'] ?? ''
      execFileSync('tar', ['-xSzf', files['gcp'] ?? '', '-C', scratch])
    })
    afterAll(() => rmSync(scratch, {recursive: true, force: true}))

    test('the archive for Google contains only disk.raw, of whole GiB', () => {
      expect(execFileSync('tar', ['-tzf', files['gcp'] ?? ''], {encoding: 'utf8'})).toBe('disk.raw\n')
      expect(statSync(join(scratch, 'disk.raw')).size).toBe(4 * GiB)
    })

    test.each([
      ['Amazon', () => files['aws'] ?? '', 'vmdk', 'baked'],
      ['Google', () => join(scratch, 'disk.raw'), 'raw', 'baked'],
      ['Amazon, remastered,', () => remastered(files['aws'] ?? ''), 'vmdk', 'wanted'],
    ] as const)('the disk for %s boots, has grown, and nothing of Debian is left', async (_, image, format, name) => {
      const disk = join(scratch, 'node.raw')
      execFileSync('qemu-img', ['convert', '-f', format, '-O', 'raw', await image(), disk])
      truncateSync(disk, 8 * GiB)
      await using machine = await Machine.start({disks: [{file: disk}], memoryMiB: 768, linesInMessages: true})
      await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 15 * minutes})
      await machine.waitUntilSucceeds('grep runtime /run/phases', {timeoutMs: 10 * minutes})

      expect(await machine.succeed('hostname; cat /run/haos/mode')).toBe(`${name}\ndisk`)
      expect(Number(await machine.succeed('df --output=size -k /var | tail -n 1'))).toBeGreaterThan(7.5 * 2 ** 20)
      expect((await machine.succeed('sudo ls -A /run/haos/state')).split('\n').sort()).toEqual([
        'boot',
        'haos',
        'lost+found',
      ])
    })
  },
)
