import {HaosError} from '#dsl'

/** An error of the file system in the words of whoever chose the store; a full disk and any other error as it is. */
export function storeError(cause: unknown, directory: string): unknown {
  if (!(cause instanceof Error) || !('code' in cause)) return cause
  if (cause.code === 'EISDIR') {
    const place = 'dest' in cause ? String(cause.dest) : directory
    return new HaosError('STORE_UNUSABLE', `a directory is where the store has the file ${place}`, {
      at: place,
      hint: 'Remove that directory, and run the same command again.',
      cause,
    })
  }
  if (!unwritable.includes(cause.code)) return cause
  return new HaosError('STORE_UNUSABLE', `the store ${directory} cannot be written`, {
    at: directory,
    hint: 'Make it writable for this user, or set HAOS_BUILD_STORE to a directory that is.',
    cause,
  })
}

/** What Linux says where a file or a directory cannot be made. */
export const unwritable: readonly unknown[] = [
  'EACCES',
  'EEXIST',
  'ELOOP',
  'ENAMETOOLONG',
  'ENOENT',
  'ENOTDIR',
  'EPERM',
  'EROFS',
]
