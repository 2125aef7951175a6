import {type Arch, HaosError} from '#dsl'
import type {LockedSet} from '../source.ts'
import {type LockPurpose, setName} from './image-requests.ts'
import type {Lockfile} from './lockfile.ts'
import type {Variant} from './variant.ts'

/** Identifies a set of a lock file. */
export interface SetQuery {
  readonly image: string
  readonly arch: Arch
  readonly purpose: LockPurpose
  /** Digest of the request: a set for another request is stale. */
  readonly request: string
}

/** The lock file to search. */
export interface LockedSetOptions {
  readonly lockfile: Lockfile
  readonly variant: Variant
  /** The command that pins the image. */
  readonly lockCommand: string
}

/**
 * The set that pins a variant, stale or not.
 *
 * Lock files from before variants had separate pins contain those of one variant under the plain name.
 */
export function findSet({sets}: Lockfile, {pins}: Variant, query: SetQuery): LockedSet | undefined {
  const {image, arch, purpose, request} = query
  const plain = sets[setName(image, arch, purpose, '')]
  const own = sets[setName(image, arch, purpose, pins[purpose])]
  return own === undefined && plain?.request === request ? plain : own
}

/** The set of a lock file for a request. Fails with LOCK_MISSING or LOCK_STALE. */
export function lockedSet(query: SetQuery, {lockfile, variant, lockCommand}: LockedSetOptions): LockedSet {
  const set = findSet(lockfile, variant, query)
  if (set?.request === query.request) return set
  const name = setName(query.image, query.arch, query.purpose, variant.pins[query.purpose])
  const details = {hint: `Run \`${lockCommand}\`, and commit haos.lock.json.`, at: name}
  throw set === undefined
    ? new HaosError('LOCK_MISSING', `the lock file does not pin ${name}`, details)
    : new HaosError('LOCK_STALE', `the lock file pins ${name} for another recipe`, details)
}
