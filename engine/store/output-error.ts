import {HaosError} from '#dsl'
import {unwritable} from './store-error.ts'

/** An error of the file system in the words of whoever chose the directory for finished files; any other as it is. */
export function outputError(error: unknown, out: string): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  if (error.code === 'ENOSPC') {
    return new HaosError('DISK_FULL', `no space is left for the finished files in ${out}`, {
      at: out,
      hint: 'Free some space, or name another directory with --out.',
      cause: error,
    })
  }
  if (error.code === 'EISDIR') {
    const place = 'dest' in error ? String(error.dest) : out
    return new HaosError('OUTPUT_NOT_WRITABLE', `a directory is where the file ${place} belongs`, {
      at: place,
      hint: 'Remove that directory, or name another one for the output with --out.',
      cause: error,
    })
  }
  if (unwritable.includes(error.code)) {
    return new HaosError('OUTPUT_NOT_WRITABLE', `the directory ${out} cannot be written`, {
      at: out,
      hint: 'Make it writable for this user, or name another directory with --out.',
      cause: error,
    })
  }
  return error
}
