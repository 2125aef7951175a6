import type {Host} from '../host/host.ts'
import {renderSize} from './disks.ts'
import type {InstallPlace, InstallSource} from './plan-install.ts'

const place = '/run/install-measure'

/** For the config, the menu, and what a file system needs itself. */
const marginBytes = 8 * 2 ** 20

/** The loader and the one that it replaces, both for a moment. */
const loaderBytes = 4 * 2 ** 20

/** Throws if an existing partition has too little space for the system. For a disk to format, the layout checks that. */
export function refuseFullPlace(host: Host, where: InstallPlace, {sizeBytes}: Pick<InstallSource, 'sizeBytes'>): void {
  if (where.kind === 'disk') return
  const wanted = sizeBytes + marginBytes
  // A root that runs is mounted already; of another one nothing is changed, its journal neither.
  if (where.kind === 'takeover') refuse(host, where.state.path, ['-t', 'ext4'], wanted)
  else {
    refuse(host, where.partition.state.path, ['-t', 'ext4', '-o', 'ro,noload'], wanted)
    const {efi} = where.partition
    if (efi) refuse(host, efi.path, ['-t', 'vfat', '-o', 'ro'], loaderBytes)
  }
}

function refuse(host: Host, device: string, how: readonly string[], wanted: number): void {
  const free = freeBytes(host, device, how)
  if (free !== undefined && free < wanted)
    throw new Error(
      `${device} has ${renderSize(free)} free, and the system needs ${renderSize(wanted)}: make room, or use another disk`,
    )
}

/** What is free for root, as df(1) counts it. Undefined where the file system cannot be mounted: then the installation says why. */
function freeBytes(host: Host, device: string, how: readonly string[]): number | undefined {
  host.run(['mkdir', '-p', place])
  if (host.run(['mount', ...how, device, place], {output: 'discard'}).status !== 0) return undefined
  try {
    const [, blocks] = /^\S+\s+\d+\s+\d+\s+(\d+)\s/m.exec(host.run(['df', '-Pk', place]).stdout) ?? []
    return blocks === undefined ? undefined : Number(blocks) * 1024
  } finally {
    host.run(['umount', place])
    host.run(['rmdir', place])
  }
}
