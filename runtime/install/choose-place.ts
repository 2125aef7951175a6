import type {Identity} from '#dsl'
import type {Host} from '../host/host.ts'
import {chooseDisk, NoDisk, usableDisks} from './choose-disk.ts'
import {choosePartition} from './choose-partition.ts'
import {readDisks, renderDisk} from './disks.ts'
import type {InstallSettings} from './install-flags.ts'
import type {InstallPlace} from './plan-install.ts'
import {askChoice, type Terminal} from './terminal.ts'

/** The disk or partition that the settings mean. Throws NoDisk where that is none, or not clear. */
export function decidePlace(host: Host, identity: Identity, settings: InstallSettings): InstallPlace {
  const disks = readDisks(host)
  const device = settings.device || undefined
  if (settings.no_format) {
    const partition = choosePartition(disks, {
      device: device === undefined ? undefined : resolve(host, device),
      label: identity.stateLabel,
    })
    if (partition.disk.usedBy.length > 0)
      throw new NoDisk(`${partition.disk.path} is in use: ${partition.disk.usedBy.join(', ')}`)
    return {kind: 'partition', partition}
  }
  const table = settings.partition_table === 'msdos' ? 'msdos' : 'gpt'
  return {kind: 'disk', table, disk: chooseDisk(disks, device, (path) => resolve(host, path))}
}

/**
 * The partition of a running system that is to go. Whoever calls this has seen to it that GRUB reads `/boot/grub/grub.cfg` of it.
 *
 * Throws NoDisk where it is none or no ext4.
 */
export function takenOver(host: Host, device: string | undefined, after: 'poweroff' | 'reboot'): InstallPlace {
  if (!device) throw new NoDisk('a takeover needs --device, the partition of the running root')
  const {state} = choosePartition(readDisks(host), {device: resolve(host, device), label: ''})
  return {kind: 'takeover', state, after}
}

/** The same; where it is not clear, somebody is asked. */
export function askPlace(terminal: Terminal, host: Host, identity: Identity, settings: InstallSettings): InstallPlace {
  const usable = usableDisks(readDisks(host))
  const table = settings.partition_table === 'msdos' ? 'msdos' : 'gpt'
  if (settings.device || settings.no_format || usable.length < 2) return decidePlace(host, identity, settings)
  terminal.print('Disks of this machine:')
  const number = askChoice(terminal, 'Install onto which', usable.map(renderDisk))
  const disk = usable[number]
  if (disk === undefined) throw new NoDisk('there is no such disk')
  return {kind: 'disk', table, disk}
}

/** Follows links such as those below /dev/disk. */
const resolve = (host: Host, path: string): string => host.run(['readlink', '-f', path]).stdout.trim() || path
