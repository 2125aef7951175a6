import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {execa} from 'execa'

/** The user `nobody`, who exists on every Debian machine and owns nothing. */
export const nobody = 65_534

/** How to become an ordinary user. */
export interface OrdinaryUser {
  /** A program that runs another one as that user. */
  readonly wrap: readonly string[]
  /** Why this machine does not support it. */
  readonly reason?: string
}

/**
 * Runs commands as an ordinary user with a range of subordinate ids like that of `adduser` (subuid(5)), or returns why that is impossible.
 *
 * Other processes do not see the change of /etc: the mounts end with the command. `directory` gets a file.
 */
export async function asNobody(directory: string): Promise<OrdinaryUser> {
  // Without root, everything runs as an ordinary user anyway.
  if (process.getuid?.() !== 0) return {wrap: [], reason: 'only root can become another user'}
  const ranges = join(directory, 'ranges')
  writeFileSync(ranges, 'nobody:200000:65536\n')
  const mounts = `mount --bind '${ranges}' /etc/subuid && mount --bind '${ranges}' /etc/subgid`
  const become = `setpriv --reuid=${nobody} --regid=${nobody} --clear-groups "$@"`
  const wrap = ['unshare', '--mount', 'sh', '-c', `${mounts} && exec ${become}`, 'sh']
  const namespaces = await execa(
    'unshare',
    [...wrap.slice(1), 'unshare', '--user', '--map-root-user', '--map-auto', 'true'],
    {
      reject: false,
      all: true,
    },
  )
  if (namespaces.failed)
    return {wrap, reason: `no user namespaces for ordinary users: ${namespaces.all.trim().split('\n').at(-1)}`}
  return {wrap}
}
