import {execFileSync} from 'node:child_process'
import {closeSync, openSync, readFileSync, readSync, statSync, truncateSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {expect, test} from 'vitest'
import {digestOfFile} from '../../../engine/store/digest.ts'
import type {Tool} from '../../../engine/toolbox/tool.ts'
import {searchPath} from '../../../engine/toolbox/tool.ts'
import {Toolbox} from '../../../engine/toolbox/toolbox.ts'
import {runStep} from '../../../test/run-step.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {diskFormat} from './disk-format.ts'
import {diskImage} from './disk-image.ts'
import {ova} from './ova.ts'
import {packedDisk} from './packed-disk.ts'

const GiB = 2 ** 30
const MiB = 2 ** 20

async function missingTool(): Promise<string | undefined> {
  const toolbox = new Toolbox()
  for (const tool of [...diskImage.tools, ...diskFormat.tools])
    if (
      await toolbox.need(tool as Tool<never>).then(
        () => false,
        () => true,
      )
    )
      return tool.name
  return undefined
}
const missing = await missingTool()
if (missing !== undefined && process.env['CI']) throw new Error(`no ${missing}`)
const title = (fact: string) => (missing === undefined ? fact : `${fact} (no ${missing})`)

function makeInputs() {
  const directory = scratchDirectory()
  const write = (name: string, bytes: string | Uint8Array) => {
    const path = join(directory, name)
    writeFileSync(path, bytes, {mode: 0o444})
    return path
  }
  return {
    files: [write('layer', Buffer.alloc(3 * MiB, 'layer')), write('program', 'program\n')],
    efiLoader: write('loader', Buffer.alloc(MiB, 'loader')),
    bios: [write('boot.img', Buffer.alloc(512, 0xeb)), write('core.img', Buffer.alloc(100_000, 'core'))],
  }
}

const options = {
  sizeBytes: 2.25 * GiB,
  product: {name: 'haos', stateLabel: 'HAOS_STATE'},
  loaderName: 'BOOTX64.EFI',
  paths: ['haos/system/haos/1/packages.squashfs', 'haos/system/k3s/1/k3s'],
  texts: {'haos/system/config.yaml': 'hostname: a\n', 'boot/grub/grub.cfg': 'menu\n'},
  links: {'haos/system/haos/current': '1'},
  modes: {'haos/system/config.yaml': '0600', 'haos/system/k3s/1/k3s': '0755'},
}

/** A small disk, which is fast to write. */
function smallDisk(): string {
  const disk = join(scratchDirectory(), 'disk')
  writeFileSync(disk, 'boot')
  truncateSync(disk, 8 * MiB)
  return disk
}

function firstBytes(path: string, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  const file = openSync(path, 'r')
  readSync(file, bytes, 0, length, 0)
  closeSync(file)
  return bytes
}

const read = (program: string, ...args: string[]) =>
  execFileSync(program, args, {
    encoding: 'utf8',
    env: {PATH: searchPath(), TZ: 'UTC', LC_ALL: 'C'},
    stdio: ['ignore', 'pipe', 'ignore'],
  })

/** Extracts the state partition of a disk, for tools that cannot read partitions. */
function stateOf(disk: string): string {
  const {partitiontable} = JSON.parse(read('sfdisk', '--json', disk))
  const {start, size} = partitiontable.partitions[2]
  const state = `${disk}.state`
  read(
    'dd',
    `if=${disk}`,
    `of=${state}`,
    'bs=1M',
    `skip=${(start * 512) / MiB}`,
    `count=${(size * 512) / MiB}`,
    'conv=sparse',
  )
  return state
}

test.skipIf(missing)(
  title('a disk has the partitions of an installed one, and its files belong to root in a file system without errors'),
  async () => {
    const disk = await runStep(diskImage, makeInputs(), options)
    const {partitiontable} = JSON.parse(read('sfdisk', '--json', disk))
    expect(partitiontable.label).toBe('gpt')
    expect(partitiontable.partitions.map(({name}: {name: string}) => name)).toEqual([
      'HAOS_BIOS',
      'HAOS_GRUB',
      'HAOS_STATE',
    ])
    expect(statSync(disk).blocks * 512).toBeLessThan(100 * MiB)

    const state = stateOf(disk)
    expect(read('e2fsck', '-f', '-n', state)).toContain('HAOS_STATE: ')
    expect(read('dumpe2fs', '-h', state)).toMatch(/Filesystem volume name: +HAOS_STATE/)
    const stat = (path: string) => read('debugfs', '-R', `stat "${path}"`, state)
    expect(stat('/haos/system/config.yaml')).toMatch(/Mode: +0600[\s\S]*User: +0 +Group: +0/)
    expect(stat('/haos/system/k3s/1/k3s')).toMatch(/Mode: +0755[\s\S]*User: +0 +Group: +0/)
    expect(stat('/haos/system')).toMatch(/Type: directory +Mode: +0755[\s\S]*User: +0 +Group: +0/)
    expect(stat('/haos/system/haos/current')).toContain('Fast link dest: "1"')
    expect(read('debugfs', '-R', 'cat /haos/system/k3s/1/k3s', state)).toBe('program\n')
    expect(read('mdir', '-b', '-i', `${disk}@@2M`, '::EFI/BOOT')).toContain('BOOTX64.EFI')
  },
)

test.skipIf(missing)(
  title(
    'its first sector has the boot code with the sector of the core image, and keeps the protective partition table',
  ),
  async () => {
    const disk = firstBytes(await runStep(diskImage, makeInputs(), options), 4 * MiB)
    expect([disk[0], disk.readBigUInt64LE(0x5c), disk.readUInt16LE(510)]).toEqual([0xeb, 2048n, 0xaa55])
    expect(disk[0x1be + 4]).toBe(0xee)
    expect(disk.subarray(MiB, MiB + 4).toString()).toBe('core')
  },
)

test.skipIf(missing)(title('two disks of the same content have the same bytes'), async () => {
  const disk = await runStep(diskImage, makeInputs(), options)
  // Timestamps have a resolution of seconds.
  await sleep(1100)
  const again = await runStep(diskImage, makeInputs(), options)

  expect(() => read('cmp', disk, again)).not.toThrow()
})

test.skipIf(missing)(
  title('in every format, a disk has the same bytes each time, and the content of the raw disk'),
  async () => {
    const disk = smallDisk()
    const machine = {name: 'haos-1-amd64', title: 'HAOS 1', version: '1', capacityBytes: 8 * MiB}
    const inAllFormats = async () => {
      const [qcow2 = '', vmdk = '', vhd = ''] = await Promise.all(
        ['qcow2', 'vmdk', 'vhd'].map((format) => runStep(diskFormat, {disk}, {format})),
      )
      const packed = await runStep(packedDisk, {disk}, {diskName: 'disk.raw', texts: {'metadata.json': '{}\n'}})
      return {qcow2, vmdk, vhd, packed, machine: await runStep(ova, {disk: vmdk}, machine)}
    }
    const digestsOf = (files: object) => Promise.all(Object.values(files).map((file: string) => digestOfFile(file)))
    const first = await inAllFormats()
    await sleep(1100)
    expect(await digestsOf(await inAllFormats())).toEqual(await digestsOf(first))

    for (const [format, file] of [
      ['qcow2', first.qcow2],
      ['vmdk', first.vmdk],
      ['vpc', first.vhd],
    ] as const)
      expect(read('qemu-img', 'compare', '-f', 'raw', '-F', format, disk, file)).toBe('Images are identical.\n')
    expect(read('tar', 'tvzf', first.packed)).toBe(
      `-rw-r--r-- 0/0               3 2025-06-15 15:06 metadata.json\n-rw-r--r-- 0/0         ${8 * MiB} 2025-06-15 15:06 disk.raw\n`,
    )
    expect(read('tar', 'tf', first.machine)).toBe('haos-1-amd64.ovf\nhaos-1-amd64.mf\nhaos-1-amd64.vmdk\n')
  },
)

test.skipIf(missing)(title('a fixed VHD has the size of the disk, and a footer with a correct checksum'), async () => {
  const vhd = readFileSync(await runStep(diskFormat, {disk: smallDisk()}, {format: 'vhd'}))
  const footer = vhd.subarray(8 * MiB)
  expect([footer.length, footer.subarray(0, 8).toString(), footer.readBigUInt64BE(48)]).toEqual([
    512,
    'conectix',
    8n * BigInt(MiB),
  ])
  const sum = footer.readUInt32BE(64)
  footer.writeUInt32BE(0, 64)
  expect(sum).toBe(~footer.reduce((total, byte) => total + byte, 0) >>> 0)
})
