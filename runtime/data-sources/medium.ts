import type {Host} from '../host/host.ts'
import {mkdirAll} from '../host/host.ts'

const place = '/run/config/medium'

/**
 * The device whose file system has a label, in lower case or, as on FAT, in upper case. By findfs(8), since Debian's
 * busybox has no blkid.
 */
export function findLabelled(host: Host, label: string): string | undefined {
  for (const spelled of [label, label.toUpperCase()]) {
    // It prints an error if there is none, which is not a failure here.
    const {status, stdout} = host.run(['sh', '-c', 'exec findfs "$1" 2>/dev/null', 'findfs', `LABEL=${spelled}`])
    if (status === 0 && stdout.trim() !== '') return stdout.trim()
  }
  return undefined
}

/** Mounts a device read-only while its files are read. Undefined when it cannot be mounted. */
export function withMedium<Result>(
  host: Host,
  device: string | undefined,
  use: (read: (path: string) => Uint8Array | undefined) => Result,
): Result | undefined {
  if (device === undefined) return undefined
  mkdirAll(host, place)
  // With the type, so that the kernel loads the driver: without it, mount tries only loaded ones. UDF is Azure's.
  const isMounted = ['iso9660', 'vfat', 'udf'].some(
    (type) => host.run(['mount', '-t', type, '-o', 'ro', device, place], {output: 'discard'}).status === 0,
  )
  if (!isMounted) return undefined
  try {
    return use((path) => host.readBytes(`${place}/${path}`))
  } finally {
    host.run(['umount', place])
  }
}
