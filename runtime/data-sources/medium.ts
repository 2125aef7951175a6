import type {Host} from '../host/host.ts'
import {mkdirAll} from '../host/host.ts'

const place = '/run/config/medium'

/** The media of the node. Their labels are read once: a program for each label would keep a slow machine busy. */
export class Media {
  readonly #host: Host
  #devices: ReadonlyMap<string, string> | undefined

  constructor(host: Host) {
    this.#host = host
  }

  /** The device whose file system has a label, in lower case or, as on FAT, in upper case. */
  find(label: string): string | undefined {
    this.#devices ??= readLabels(this.#host)
    return this.#devices.get(label) ?? this.#devices.get(label.toUpperCase())
  }
}

/**
 * The device of each label; of several with one label, the first. By blkid(8) of util-linux or busybox, which agree in this
 * form, and look only at the devices that they are given.
 */
function readLabels(host: Host): ReadonlyMap<string, string> {
  const devices = (host.list('/sys/class/block') ?? []).filter((name) => mayHaveLabel(host, name))
  if (devices.length === 0) return new Map()
  const argv = ['sh', '-c', 'exec blkid "$@" 2>/dev/null', 'blkid', ...devices.sort().map(pathOf)]
  // Without a cache, which would not notice another disc in a drive. It fails if no device has a label.
  const {stdout} = host.run(argv, {env: {BLKID_FILE: '/dev/null'}})
  const lines = [...stdout.matchAll(/^(\/[^:]+):.*? LABEL="([^"]*)"/gm)]
  return new Map(lines.reverse().map(([, device = '', label = '']) => [label, device]))
}

/** Neither an image that is mounted, nor memory, nor an empty drive. A floppy drive takes seconds to answer. */
const mayHaveLabel = (host: Host, name: string): boolean =>
  !/^(?:loop|z?ram|fd)\d+$/.test(name) && host.read(`/sys/class/block/${name}/size`)?.trim() !== '0'

/** The kernel writes a slash as an exclamation mark there. */
const pathOf = (name: string): string => `/dev/${name.replaceAll('!', '/')}`

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
