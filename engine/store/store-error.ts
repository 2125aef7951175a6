import {HaosError} from '#dsl'
import {errnoOf} from '../errno.ts'

/** Translates a file system error for the user who chose the store; a full disk and other errors stay unchanged. */
export function storeError(cause: unknown, directory: string): unknown {
  const errno = errnoOf(cause)
  if (errno === 'EISDIR') {
    const place = cause instanceof Error && 'dest' in cause ? String(cause.dest) : directory
    return new HaosError('STORE_UNUSABLE', `a directory is where the store has the file ${place}`, {
      at: place,
      hint: 'Remove that directory, and run the same command again.',
      cause,
    })
  }
  if (errno === undefined || !unwritable.includes(errno)) return cause
  return new HaosError('STORE_UNUSABLE', `the store ${directory} cannot be written`, {
    at: directory,
    hint: 'Make it writable for this user, or set HAOS_BUILD_STORE to a directory that is.',
    cause,
  })
}

/** Errors of Linux when a file or a directory cannot be created. */
export const unwritable: readonly string[] = [
  'EACCES',
  'EEXIST',
  'ELOOP',
  'ENAMETOOLONG',
  'ENOENT',
  'ENOTDIR',
  'EPERM',
  'EROFS',
]
