import type {Identity} from '#dsl'
import type {Host} from '../host/host.ts'
import {chooseDisk, NoDisk, usableDisks} from './choose-disk.ts'
import {choosePartition} from './choose-partition.ts'
import {type Disk, readDisks, renderDisk} from './disks.ts'
import type {InstallSettings} from './install-flags.ts'
import type {InstallTarget} from './plan-install.ts'
import {askChoice, type Terminal} from './terminal.ts'

/** The disk or partition that the settings select. Throws NoDisk if none matches or several do. */
export function chooseTarget(host: Host, identity: Identity, settings: InstallSettings): InstallTarget {
  const disks = readDisks(host)
  const device = settings.device || undefined
  if (settings.no_format) {
    const partition = choosePartition(disks, {
      device: device === undefined ? undefined : resolveOne(host, device),
      label: identity.stateLabel,
    })
    if (partition.disk.usedBy.length > 0)
      throw new NoDisk(`${partition.disk.path} is in use: ${partition.disk.usedBy.join(', ')}`)
    return {kind: 'partition', partition}
  }
  const table = settings.partition_table === 'msdos' ? 'msdos' : 'gpt'
  return {kind: 'disk', table, disk: chooseDisk(disks, device, (path) => resolveLink(host, path, disks))}
}

/**
 * The root partition of the running system, to be replaced. Callers have made sure that GRUB reads its
 * `/boot/grub/grub.cfg`.
 *
 * Throws NoDisk if there is no such partition, or if it has no ext4.
 */
export function takeoverTarget(host: Host, device: string | undefined, after: 'poweroff' | 'reboot'): InstallTarget {
  if (!device) throw new NoDisk('a takeover needs --device, the partition of the running root')
  const {state} = choosePartition(readDisks(host), {device: resolveOne(host, device), label: ''})
  return {kind: 'takeover', state, after}
}

/** As `chooseTarget`, but asks if there are several disks to choose from. */
export function askTarget(
  terminal: Terminal,
  host: Host,
  identity: Identity,
  settings: InstallSettings,
): InstallTarget {
  const usable = usableDisks(readDisks(host))
  const table = settings.partition_table === 'msdos' ? 'msdos' : 'gpt'
  if (settings.device || settings.no_format || usable.length < 2) return chooseTarget(host, identity, settings)
  terminal.print('Disks of this machine:')
  const number = askChoice(terminal, 'Install onto which', usable.map(renderDisk))
  const disk = usable[number]
  if (disk === undefined) throw new NoDisk('there is no such disk')
  return {kind: 'disk', table, disk}
}

/**
 * The devices that a path leads to: one, except for a symlink below /dev/disk that udev made for several, as for disks
 * with the same serial number. It then points to an arbitrary one of them.
 */
function resolveLink(host: Host, path: string, disks: readonly Disk[]): string[] {
  const found = host.run(['readlink', '-f', path]).stdout.trim() || path
  if (!path.startsWith('/dev/disk/')) return [found]
  const claiming = disks
    .flatMap((disk) => [disk, ...disk.partitions])
    .map(({path: device}) => device)
    .filter((device) => linksOf(host, device).includes(path))
  return claiming.length > 1 ? claiming : [found]
}

/** Throws NoDisk if the path leads to several devices. */
function resolveOne(host: Host, path: string): string {
  const [first = path, ...more] = resolveLink(host, path, readDisks(host))
  if (more.length > 0) throw new NoDisk(`${path} could be any of ${[first, ...more].join(', ')}: name one of them`)
  return first
}

/** All symlinks below /dev that udev has made for a device (udevadm(8)). */
const linksOf = (host: Host, device: string): string[] =>
  host
    .run(['udevadm', 'info', '--root', '--query=symlink', `--name=${device}`])
    .stdout.trim()
    .split(/\s+/)
