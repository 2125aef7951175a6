import {truncateSync, writeFileSync} from 'node:fs'
import {Machine} from '../../machine/machine.ts'
import {buildImage} from '../../test/image/build-image.ts'
import {loaderView} from './loader-view.ts'
import {type PowerCutSubject, type PreparedSubject, patience} from './subject.ts'

type Firmware = 'bios' | 'uefi'

interface Installation {
  readonly name: string
  readonly firmware: Firmware
  /** What is on the disk before: nothing, or an older version. */
  readonly over: 'nothing' | 'older'
  /** The partitions of the older system stay. */
  readonly keepsPartitions: boolean
}

const GiB = 2 ** 30
const password = 'geheim'

const kinds: readonly Installation[] = [
  {name: 'install-bios', firmware: 'bios', over: 'nothing', keepsPartitions: false},
  {name: 'install-uefi', firmware: 'uefi', over: 'nothing', keepsPartitions: false},
  {name: 'install-over-bios', firmware: 'bios', over: 'older', keepsPartitions: false},
  {name: 'install-over-uefi', firmware: 'uefi', over: 'older', keepsPartitions: false},
  {name: 'install-no-format-bios', firmware: 'bios', over: 'older', keepsPartitions: true},
  {name: 'install-no-format-uefi', firmware: 'uefi', over: 'older', keepsPartitions: true},
]

/** An installation onto a blank disk, or over an older version of the system, formatting the disk or not. */
export const installations: readonly PowerCutSubject[] = kinds.map((installation) => ({
  name: installation.name,
  prepare: (scratch) => prepareInstallation(installation, scratch),
}))

async function prepareInstallation(installation: Installation, scratch: string): Promise<PreparedSubject> {
  const {firmware, over, keepsPartitions} = installation
  const disk = `${scratch}/before.img`
  writeFileSync(disk, '')
  truncateSync(disk, 4 * GiB)
  if (over === 'older') await installOlder(disk, scratch, firmware)
  const iso = await buildImage({out: `${scratch}/out`})
  const after: readonly string[] = [
    'the new system',
    ...(over === 'older' ? ['the older system'] : []),
    ...(keepsPartitions ? [] : ['the medium']),
  ]
  let mediums = 0
  return {
    disk,
    machine: installer(iso, firmware, {
      hostname: 'whole',
      ...(keepsPartitions ? {'install.no_format': 'true'} : ontoDisk),
    }),
    work: async (machine, promise) => {
      await waitUntilInstalled(machine)
      promise('the new system')
    },
    ...(keepsPartitions && {glance: loaderView}),
    examine: async (cut, promised) => {
      // Every second time, because it takes as long as three other cuts.
      const isInstalledAgain = () => mediums++ % 2 === 0
      const found = await bootAfterwards(cut, {iso, firmware, isInstalledAgain})
      if (!(promised.length > 0 ? promised : after).includes(found)) throw new Error(`${found} runs`)
      return found
    },
  }
}

const ontoDisk = {'install.device': 'serial=TARGET'}

/** A machine that boots the medium and installs from it. */
const installer = (iso: string, firmware: Firmware, keys: Readonly<Record<string, string>>) => {
  const all = {mode: 'install', 'install.silent': 'true', password, ...keys}
  const words = Object.entries({...all, 'install.power_off': 'true'}).map(([key, value]) => `haos.${key}=${value}`)
  return {
    firmware,
    memoryMiB: 768,
    medium: {file: iso, as: 'cd'},
    appendCmdline: words.join(' '),
    failOn: [/not installed: .*/],
  } as const
}

async function waitUntilInstalled(machine: Machine): Promise<void> {
  await machine.waitFor('Powering off', patience)
  await machine.waitForExit(patience)
}

/** Installs an older version, and boots it once, so that it has keys and names of its own. */
async function installOlder(disk: string, scratch: string, firmware: Firmware): Promise<void> {
  const older = await buildImage({out: `${scratch}/older`, arguments: ['--set', 'version=0.0.9']})
  const disks = [{file: disk, serial: 'TARGET'}]
  {
    await using machine = await Machine.start({...installer(older, firmware, {hostname: 'older', ...ontoDisk}), disks})
    await waitUntilInstalled(machine)
  }
  await using machine = await Machine.start({firmware, memoryMiB: 768, disks})
  await machine.login({user: 'rancher', password, ...patience})
  await machine.waitUntilSucceeds('grep runtime /run/phases', patience)
  await machine.powerOff(patience)
}

const system: Readonly<Record<string, string>> = {
  'whole disk 0.1.0': 'the new system',
  'older disk 0.0.9': 'the older system',
  'baked live 0.1.0': 'the medium',
}

const configAgain = {hostname: 'whole', run_cmd: ['echo runtime >> /run/phases'], haos: {password}}

interface Afterwards {
  readonly iso: string
  readonly firmware: Firmware
  /** Whether a medium that has booted installs onto the disk again. */
  isInstalledAgain(): boolean
}

/** Boots the disk, or where the firmware passes it over, the medium, which must then be able to install onto it. */
async function bootAfterwards(disk: string, {iso, firmware, isInstalledAgain}: Afterwards): Promise<string> {
  const disks = [{file: disk, serial: 'TARGET'}]
  let found: string
  {
    await using machine = await Machine.start({
      firmware,
      memoryMiB: 768,
      disks: [...disks, {file: iso, bus: 'usb', snapshot: true}],
      linesInMessages: true,
    })
    found = await identify(machine)
    if (found !== 'the medium' || !isInstalledAgain()) return found
    await machine.succeed(`echo '${JSON.stringify(configAgain)}' >/tmp/config.yaml`)
    const flags = '--silent --stay --device serial=TARGET --config-url /tmp/config.yaml'
    await machine.succeed(`sudo haos install ${flags}`, patience)
  }
  await using machine = await Machine.start({firmware, memoryMiB: 768, disks, linesInMessages: true})
  const again = await identify(machine)
  if (again !== 'the new system') throw new Error(`installed again from the medium, ${again} runs`)
  return found
}

/** What has booted, by its name, mode and version together: a mixture has no name here. */
async function identify(machine: Machine): Promise<string> {
  const {groups} = await machine.waitFor(/\b(whole|older|baked) login: /, patience)
  await machine.login({user: 'rancher', ...(groups[0] !== 'baked' && {password}), ...patience})
  await machine.waitUntilSucceeds('grep runtime /run/phases', patience)
  const found = await machine.succeed('echo $(hostname; cat /run/haos/mode; . /usr/lib/os-release; echo $VERSION_ID)')
  const problems = await machine.run('haos config status; cat /etc/issue')
  if (problems.status !== 0 || /damaged|in its place|can only/.test(problems.output))
    throw new Error(`${found}: ${problems.output}`)
  return system[found] ?? `a mixture (${found})`
}
