import {mkdtemp} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {HaosError} from '#dsl'
import {errnoOf} from '../errno.ts'

/** Makes a new directory below TMPDIR that only this user can read. Fails with DISK_FULL or OUTPUT_NOT_WRITABLE. */
export async function temporaryDirectory(name: string): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), `${name}-`))
  } catch (cause) {
    const isFull = errnoOf(cause) === 'ENOSPC'
    throw new HaosError(
      isFull ? 'DISK_FULL' : 'OUTPUT_NOT_WRITABLE',
      `no directory can be made in ${tmpdir()}${isFull ? ', which is full' : ''}`,
      {at: tmpdir(), hint: 'Set TMPDIR to a directory that you may write to, with space for a build.', cause},
    )
  }
}
