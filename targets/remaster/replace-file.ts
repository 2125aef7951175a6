import {rename, rm} from 'node:fs/promises'
import {basename, dirname} from 'node:path'
import {HaosError} from '#dsl'
import {halfOf, removeHalves} from '#engine'

/**
 * Makes a file under another name and renames it, so that `place` holds what it held or all of the new one.
 *
 * `spare` is one more name, for whatever is needed on the way.
 */
export async function replaceFile<Result>(
  place: string,
  signal: AbortSignal,
  make: (half: string, spare: string) => Promise<Result>,
): Promise<Result> {
  const [half, spare] = [halfOf(place), halfOf(place)]
  try {
    await removeHalves(dirname(place), basename(place))
    const result = await make(half, spare)
    signal.throwIfAborted()
    await rename(half, place)
    return result
  } catch (error) {
    throw asHaosError(error, place)
  } finally {
    await Promise.all([half, spare].map((path) => rm(path, {force: true})))
  }
}

/** Says what the system has against a file. */
export function asHaosError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || error instanceof HaosError) return error
  if (error.code === 'ENOENT') {
    return new HaosError('USAGE_INVALID', `there is no file ${path}`, {hint: 'Check the path.', at: path, cause: error})
  }
  if (error.code === 'ENOSPC') {
    return new HaosError('DISK_FULL', `no space is left to write ${path}`, {
      hint: 'Free some space, or name another place for what is made.',
      at: path,
      cause: error,
    })
  }
  if (['EACCES', 'EPERM', 'EROFS', 'EISDIR', 'ETXTBSY', 'ENOTEMPTY', 'EEXIST'].includes(String(error.code))) {
    return new HaosError('OUTPUT_NOT_WRITABLE', `${path} cannot be written`, {
      hint: 'Name another place as second argument, or make this one writable.',
      at: path,
      cause: error,
    })
  }
  return error
}
