import {freeBytesAt} from '../host/free-bytes.ts'
import type {Host} from '../host/host.ts'
import {renderSize} from './disks.ts'
import type {InstallSource, InstallTarget} from './plan-install.ts'

const mountPoint = '/run/install-measure'

/** For the config, the boot menu and the file system's own data. */
const marginBytes = 8 * 2 ** 20

/** The loader and the one that it replaces, which exist together for a moment. */
const loaderBytes = 4 * 2 ** 20

/** Throws if an existing partition has too little space for the system. For a disk to format, the layout checks that. */
export function requireFreeSpace(
  host: Host,
  where: InstallTarget,
  {sizeBytes}: Pick<InstallSource, 'sizeBytes'>,
): void {
  if (where.kind === 'disk') return
  const wanted = sizeBytes + marginBytes
  // A running root is mounted already. `noload` leaves even the journal of another one unchanged.
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

/**
 * Free space for root, as df(1) counts it. Undefined if the file system cannot be mounted: the installation reports
 * why.
 */
function freeBytes(host: Host, device: string, how: readonly string[]): number | undefined {
  host.run(['mkdir', '-p', mountPoint])
  if (host.run(['mount', ...how, device, mountPoint], {output: 'discard'}).status !== 0) return undefined
  try {
    return freeBytesAt(host, mountPoint)
  } finally {
    host.run(['umount', mountPoint])
    host.run(['rmdir', mountPoint])
  }
}
