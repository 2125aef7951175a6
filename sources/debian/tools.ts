import {defineTool} from '#engine'

/** How a program is run apart from the machine. */
export interface UnshareOptions {
  /** As root of a user namespace, for ordinary users (unshare(1), newuidmap(1)). */
  readonly asOrdinaryUser: boolean
  readonly command: readonly string[]
}

/** Runs a program in namespaces of its own: it sees no network, and what it mounts or leaves running ends with it. */
export const unshare = defineTool<UnshareOptions>({
  name: 'unshare',
  purpose: 'configure packages apart from this machine',
  package: 'util-linux',
  // The first with --map-auto, which reads /etc/subuid and /etc/subgid.
  minVersion: '2.38',
  args: ({asOrdinaryUser, command}) => [
    ...(asOrdinaryUser ? ['--user', '--map-root-user', '--map-auto'] : []),
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    '--net',
    '--ipc',
    '--uts',
    '--propagation',
    'private',
    ...command,
  ],
})

/** Gives an ordinary user's namespace more than one user. */
export const newuidmap = defineTool<never>({
  name: 'newuidmap',
  purpose: 'configure packages without being root',
  package: 'uidmap',
  args: () => [],
})

/** Called by our script for what goes into and comes out of the root. */
export const tar = defineTool<never>({
  name: 'tar',
  purpose: 'pack the configured packages',
  package: 'tar',
  // --sort=name, and --xattrs-include.
  minVersion: '1.28',
  args: () => [],
})

/** Resolves packages, in a root of its own (`apt-root.ts`). */
export const aptGet = defineTool<never>({
  name: 'apt-get',
  purpose: 'resolve packages',
  package: 'apt',
  args: () => [],
})
