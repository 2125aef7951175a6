import {HaosError} from '#dsl'
import {errnoOf} from '../errno.ts'
import {unwritable} from './store-error.ts'

/** Translates a file system error for the user who chose the output directory; other errors stay unchanged. */
export function outputError(error: unknown, out: string): unknown {
  const errno = errnoOf(error)
  if (errno === 'ENOSPC') {
    return new HaosError('DISK_FULL', `no space is left for the finished files in ${out}`, {
      at: out,
      hint: 'Free some space, or name another directory with --out.',
      cause: error,
    })
  }
  if (errno === 'EISDIR') {
    const place = error instanceof Error && 'dest' in error ? String(error.dest) : out
    return new HaosError('OUTPUT_NOT_WRITABLE', `a directory is where the file ${place} belongs`, {
      at: place,
      hint: 'Remove that directory, or name another one for the output with --out.',
      cause: error,
    })
  }
  if (errno === 'EEXIST') {
    const place = error instanceof Error && 'path' in error ? String(error.path) : out
    return new HaosError('OUTPUT_NOT_WRITABLE', `${place} is not a directory`, {
      at: place,
      hint: 'Name a directory with --out; it is made if it does not exist.',
      cause: error,
    })
  }
  if (errno !== undefined && unwritable.includes(errno)) {
    return new HaosError('OUTPUT_NOT_WRITABLE', `the directory ${out} cannot be written`, {
      at: out,
      hint: 'Make it writable for this user, or name another directory with --out.',
      cause: error,
    })
  }
  return error
}
