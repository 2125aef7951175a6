import {mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {expect, test} from 'vitest'
import {bootEnvironmentPath, diskEarlyConfig, grubCore, renderBootEnvironment, withGrubBootCode} from '#layout'
import {failed, PowerCut} from '../../test/program-host.ts'
import {listing} from '../../test/runtime/install-node.ts'
import {testDisk} from '../../test/runtime/test-disk.ts'
import {makeNode, put} from '../../test/upgraded-node.ts'
import {trialCommand} from './trial.ts'

const MiB = 2 ** 20
const partitions = [
  {number: 1, type: '21686148-6449-6E6F-744E-656564454649', sizeBytes: MiB, fileSystem: undefined},
  {number: 2, type: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B', sizeBytes: 64 * MiB, fileSystem: 'vfat'},
  {number: 3, type: '0FC63DAF-8483-4772-8E79-3D69D8477DE4', sizeBytes: 2048 * MiB, fileSystem: 'ext4'},
].map((each) => ({...each, path: `/dev/vda${each.number}`, startBytes: each.number * MiB, label: undefined}))
const disk = testDisk('/dev/vda', {table: 'gpt', partitions})

const bytesOf = (word: string, sizeBytes: number) => Buffer.alloc(sizeBytes, word)
const loadersOf = (version: string) => ({
  boot: bytesOf(`boot ${version}`, 512),
  core: bytesOf(`core ${version} `, 30_000 + version.length * 1000),
})

interface LoaderOptions {
  /** Product that has written the loaders on the disk. Default: that of the node. */
  readonly product?: string
  readonly uefi?: string
}

/** A node with the loaders of version 1, on which version 2 is on trial. */
function onTrial({product = 'haos', uefi}: LoaderOptions = {}) {
  const node = makeNode({version: '2'})
  const {scratch, host, identity, system} = node
  const efiOf = (version: string) => `efi ${version} ${diskEarlyConfig(identity)}`
  mkdirSync(join(system, 'releases/2'), {recursive: true})
  symlinkSync('../../haos/2', join(system, 'releases/2/haos'))
  symlinkSync('../../kernel/6.12.1', join(system, 'releases/2/kernel'))
  symlinkSync('releases/2', join(system, 'current'))
  const [old, next] = [loadersOf('1'), loadersOf('2')]
  const firstSector = withGrubBootCode(bytesOf('partition table', 512), old.boot, MiB)
  const whole = Buffer.alloc(3 * MiB)
  whole.set(firstSector)
  whole.set(grubCore.placedAt(old.core, MiB, product), MiB)
  put(scratch, {
    [`run/haos/state${bootEnvironmentPath}`]: renderBootEnvironment({release: '2', boots: 2, minutes: 15}),
    'run/haos/trial': '15\n',
    'run/haos/system': 'current\n',
    'run/haos/problems.json': JSON.stringify({initrd: [], boot: [], runtime: []}),
    'haos/system/config.yaml': '',
    'proc/uptime': '100.0 1.0\n',
    'proc/self/mounts': 'tmpfs / tmpfs rw 0 0\n/dev/vda3 /run/haos/state ext4 rw 0 0\n',
    'run/haos/loader/EFI/BOOT/BOOTX64.EFI': uefi ?? efiOf('1'),
    'usr/lib/haos/boot/efi/BOOTX64.EFI': efiOf('2'),
  })
  const files = {'dev/vda': whole, 'usr/lib/haos/boot/boot.img': next.boot, 'usr/lib/haos/boot/core.img': next.core}
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(scratch, path)), {recursive: true})
    writeFileSync(join(scratch, path), bytes)
  }
  host.answers = {
    ...{pgrep: '1', mount: '', umount: '', udevadm: ''},
    lsblk: JSON.stringify(listing([disk])),
  }
  const printed: string[] = []
  const confirm = () =>
    trialCommand({
      ...{host, identity, version: '2'},
      print: (line) => printed.push(line),
      printError: (line) => printed.push(line),
    })
  /** The version that BIOS loads: its code, and the core image whose place that names. */
  const bios = () => {
    const bytes = readFileSync(join(scratch, 'dev/vda'))
    const at = grubCore.placeOfPresent(bytes)
    expect([...bytes.subarray(0x1b8, 512)]).toEqual([...firstSector.subarray(0x1b8)])
    return ['1', '2'].filter((version) => {
      const {boot, core} = loadersOf(version)
      return (
        bytes.subarray(0, 512).equals(withGrubBootCode(bytes.subarray(0, 512), boot, at)) &&
        grubCore.ownIn(bytes.subarray(at), product)?.join() === grubCore.placedAt(core, at, product).join()
      )
    })
  }
  /** The version that UEFI loads. */
  const efi = () => {
    const text = readFileSync(join(scratch, 'run/haos/loader/EFI/BOOT/BOOTX64.EFI'), 'utf8')
    return ['1', '2'].filter((version) => text === efiOf(version))
  }
  const onEfi = () => readdirSync(join(scratch, 'run/haos/loader/EFI/BOOT'))
  return {...node, confirm, printed, bios, efi, onEfi}
}

test('a version that is healthy replaces the boot loaders, and does not write them again', () => {
  const {host, confirm, printed, bios, efi, onEfi, environment} = onTrial()
  expect([bios(), efi()]).toEqual([['1'], ['1']])
  expect(confirm()).toBe(0)
  expect([bios(), efi(), onEfi()]).toEqual([['2'], ['2'], ['BOOTX64.EFI']])
  expect(environment()).toBeUndefined()
  expect(printed).toContain('Writing the BIOS loader to /dev/vda')

  const before = host.changes
  expect(confirm()).toBe(0)
  expect(host.changes).toBe(before)
})

test('a power cut at any change leaves the old boot loader or the new one, and the next boot finishes', () => {
  const whole = onTrial()
  whole.confirm()
  expect(whole.host.changes).toBeGreaterThan(10)
  const seen = new Set<string>()
  for (let cutAt = 0; cutAt < whole.host.changes; cutAt++) {
    const {host, confirm, bios, efi, environment} = onTrial()
    host.cutAt = cutAt
    expect(confirm).toThrow(PowerCut)
    const found = [bios(), efi()].map((versions) => versions.join()).join()
    expect(found).toMatch(/^[12],[12]$/)
    // The trial ends last: another boot of it does the rest.
    if (found !== '2,2') expect(environment()?.release).toBe('2')
    seen.add(found)

    // Every one would take long.
    if (environment() === undefined || cutAt % 3 > 0) continue
    host.cutAt = Number.POSITIVE_INFINITY
    expect(confirm()).toBe(0)
    expect([bios(), efi(), environment()]).toEqual([['2'], ['2'], undefined])
  }
  expect([...seen]).toEqual(['1,1', '1,2', '2,2'])
})

test('the boot loaders of other systems are left alone', () => {
  const {confirm, bios, efi, environment} = onTrial({product: 'rke2os', uefi: 'shim'})
  expect(confirm()).toBe(0)
  expect([bios(), efi(), environment()]).toEqual([['1'], [], undefined])
})

test.each([
  ['BIOS', 'dd if=/run/install-sector of=/dev/vda', 'dd ended with status 1', ['1', '2']],
  ['UEFI', 'sh -c rm -f "$2" "$3"', 'sh ended with status 1', ['1', '1']],
])(
  'a loader for %s that cannot be written stays, and the trial of a healthy version ends',
  (_, program, reason, left) => {
    const {host, confirm, bios, efi, onEfi, environment, printed} = onTrial()
    host.answers = {...host.answers, [program]: failed}
    expect(confirm()).toBe(0)
    expect(printed.join('\n')).toContain(`A boot loader was not replaced: ${reason}`)
    expect([...bios(), ...efi(), environment()]).toEqual([...left, undefined])
    expect(onEfi()).toEqual(['BOOTX64.EFI'])
  },
)
