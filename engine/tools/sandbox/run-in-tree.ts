import {fileURLToPath} from 'node:url'
import {HaosError} from '#dsl'
import {defineTool, findTool} from '#engine'

/** A program that changes a tree. */
export interface TreeRun {
  readonly storage: TreeStorage
  /** Architecture of the tree's programs, as qemu-user names it: `x86_64`, `aarch64`, `arm`. */
  readonly arch: string
  /** Timestamp of all files in the result, in seconds since 1970. */
  readonly epoch: number
  /** Image path and arguments. */
  readonly command: readonly string[]
}

/**
 * Runs a program in a tree of untrusted files: it takes the tree as tar and returns it as the program leaves it.
 *
 * The program sees only that tree and nothing of the build machine, even if root runs the build. The tree must have no path below
 * a symlink.
 * `runInTree` and the tools of `treeTools` do the work.
 */
export const runInTree = defineTool<TreeRun>({
  name: 'unshare',
  ofHost: true,
  purpose: "run packages' scripts in a sandbox",
  package: 'util-linux',
  // The first version with --map-auto, which reads /etc/subuid and /etc/subgid.
  minVersion: '2.38',
  runsScripts: true,
  args: ({storage, arch, epoch, command}) => [
    // Without options, unshare starts the program in the same namespaces.
    '/bin/sh',
    fileURLToPath(new URL('./run-in-tree.sh', import.meta.url)),
    storage.kind,
    String(storage.limitBytes),
    arch,
    String(epoch),
    ...command,
  ],
})

/** Makes the tree the only root. */
export const bwrap = defineTool<never>({
  name: 'bwrap',
  ofHost: true,
  purpose: "run packages' scripts in a sandbox",
  package: 'bubblewrap',
  // --clearenv.
  minVersion: '0.5.0',
  args: () => [],
})

/** Unpacks the tree, and packs it again. */
export const treeTar = defineTool<never>({
  name: 'tar',
  ofHost: true,
  purpose: "run packages' scripts in a sandbox",
  package: 'tar',
  // --sort=name, and --xattrs-include.
  minVersion: '1.28',
  args: () => [],
})

/** Maps more than one user into an ordinary user's namespace. */
export const newuidmap = defineTool<never>({
  name: 'newuidmap',
  ofHost: true,
  purpose: "run packages' scripts without being root",
  package: 'uidmap',
  args: () => [],
})

/** Tools that a step must declare to run programs in a tree; `newuidmap` if the user is not root. */
export const treeTools = [runInTree, bwrap, treeTar] as const

/** Where a tree is unpacked. */
export interface TreeStorage {
  readonly kind: 'memory' | 'disk'
  /** Maximum bytes of the tree in memory, and of any one file. */
  readonly limitBytes: number
}

/** Space for files that scripts create, in addition to twice the size of the tree. */
const SPARE_BYTES = 4 * 1024 ** 3

/** In memory if that leaves twice as much free: dpkg waits for a disk after every package. */
export function storageFor(contentBytes: number, availableBytes = process.availableMemory()): TreeStorage {
  const limitBytes = SPARE_BYTES + 2 * contentBytes
  if (availableBytes <= 3 * contentBytes) return {kind: 'disk', limitBytes}
  return {kind: 'memory', limitBytes: Math.min(limitBytes, Math.floor(0.9 * availableBytes))}
}

/** The error if `runInTree` failed because this machine lacks something; otherwise undefined. */
export async function explainTreeRun(error: unknown, arch: string): Promise<HaosError | undefined> {
  if (!(error instanceof HaosError) || error.code !== 'TOOL_FAILED') return undefined
  const {output, log, command, at = ''} = error.details
  const details = {output, log, command, cause: error}
  if (at.endsWith('exit status 99')) {
    return new HaosError(
      'HOST_UNSUPPORTED',
      `this machine cannot run programs for ${arch}, as packages' scripts must`,
      {
        hint: 'Install qemu-user-static; before Linux 6.7 also binfmt-support, so that /proc/sys/fs/binfmt_misc lists qemu with flag F.',
        ...details,
      },
    )
  }
  if (!at.endsWith('exit status 98')) return undefined
  if (process.getuid?.() === 0) {
    return new HaosError(
      'HOST_UNSUPPORTED',
      "packages' scripts cannot be isolated here: root may not create namespaces",
      {
        hint: 'Allow user namespaces (`sysctl -w user.max_user_namespaces=10000`), or run the container with --privileged.',
        ...details,
      },
    )
  }
  const lacksTool = (await findTool(newuidmap.name)) === undefined
  return new HaosError(
    'HOST_UNSUPPORTED',
    "packages' scripts cannot be isolated here: this user may not create namespaces",
    {
      hint: lacksTool
        ? `Install the package ${newuidmap.package}, or run as root.`
        : 'Give the user a range in /etc/subuid and /etc/subgid (`usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER`) and allow user namespaces, or run as root.',
      ...details,
    },
  )
}
