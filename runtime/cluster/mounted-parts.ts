import type {Host} from '../host/host.ts'

/** A part of the configuration, as a key of the ConfigMap or of the Secret. */
export interface MountedPart {
  readonly from: 'config' | 'secret'
  readonly key: string
  readonly content: Uint8Array
}

/** Where the kubelet mounts both. */
export interface Mounts {
  readonly config: string
  readonly secret: string
}

/**
 * What changes with every update of a mount: the kubelet writes each state into a new directory, such as `..2026_11_30_13_00_00.123`, and swaps
 * the symlink `..data` to it (k8s.io/kubernetes, pkg/volume/util/atomic_writer.go). Undefined while two exist, and the swap is under way.
 *
 * Throws if a directory does not exist: a mount that is missing must not look like a ConfigMap that was removed.
 */
export function generationOf(host: Host, mounts: Mounts): string | undefined {
  const states = [mounts.config, mounts.secret].map((directory) => {
    const names = host.list(directory)
    if (names === undefined) throw new Error(`${directory} is not mounted: check the volumes of the pod`)
    return names.filter((name) => /^\.\.\d/.test(name))
  })
  return states.some((names) => names.length > 1) ? undefined : states.map(([name = 'none']) => name).join(' ')
}

/** All parts, the keys in byte order; undefined if they were being changed meanwhile. */
export function readMountedParts(host: Host, mounts: Mounts): readonly MountedPart[] | undefined {
  const before = generationOf(host, mounts)
  const parts = (['config', 'secret'] as const).flatMap((from) =>
    (host.list(mounts[from]) ?? [])
      .filter((key) => !key.startsWith('..'))
      .flatMap((key): MountedPart[] => {
        const content = host.readBytes(`${mounts[from]}/${key}`)
        return content === undefined ? [] : [{from, key, content}]
      }),
  )
  return before !== undefined && generationOf(host, mounts) === before ? parts : undefined
}
