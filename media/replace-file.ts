import {access, chmod, constants, lstat, rename, rm, stat} from 'node:fs/promises'
import {basename, dirname} from 'node:path'
import {HaosError} from '#dsl'
import {errnoOf, partialPathOf, removePartialFiles, syncFile} from '#engine'

export interface ReplaceFileOptions {
  /** Host path of the file whose permissions the new one gets. */
  readonly input: string
  /** Host path of the new file. Default: `input`. */
  readonly output?: string | undefined
  readonly signal: AbortSignal
}

/**
 * Makes a file under a temporary name and renames it, so that its path has either the old content or the complete new
 * one.
 *
 * `spare` is another temporary name for intermediate files. Fails with OUTPUT_NOT_WRITABLE, also if the path cannot be a file.
 */
export async function replaceFile<Result>(
  {input, output, signal}: ReplaceFileOptions,
  make: (half: string, spare: string) => Promise<Result>,
): Promise<Result> {
  const place = output ?? input
  const mode = await prepare(place, {input, inPlace: output === undefined}).catch((error: unknown) => {
    throw cannotWrite(error, place)
  })
  const [half, spare] = [partialPathOf(place), partialPathOf(place)]
  try {
    const result = await make(half, spare)
    await chmod(half, mode)
    await syncFile(half)
    signal.throwIfAborted()
    await rename(half, place)
    return result
  } catch (error) {
    throw cannotWrite(error, place)
  } finally {
    await Promise.all([half, spare].map((path) => rm(path, {force: true})))
  }
}

/** Checks that a file may be written, and returns its permissions. */
async function prepare(
  place: string,
  {input, inPlace}: {readonly input: string; readonly inPlace: boolean},
): Promise<number> {
  // A user who may not write to a file must not replace it either.
  if (inPlace) await access(place, constants.W_OK)
  await refuseOthers(place)
  await removePartialFiles(dirname(place), basename(place))
  const {mode} = await stat(input)
  return inPlace ? mode & 0o777 : (mode & 0o777) | 0o200
}

/** Replacing a device would remove it, which is never intended. */
async function refuseOthers(place: string): Promise<void> {
  const found = await lstat(place).catch(() => undefined)
  if (found === undefined || found.isFile() || found.isSymbolicLink()) return
  throw new HaosError(
    'OUTPUT_NOT_WRITABLE',
    `${place} is ${found.isDirectory() ? 'a directory' : 'not a regular file'}`,
    {
      hint: 'Name a file as second argument.',
      at: place,
    },
  )
}

/** Explains why a file could not be written. Other errors stay unchanged. */
export function cannotWrite(error: unknown, path: string): unknown {
  const errno = errnoOf(error)
  if (errno === undefined) return error
  if (errno === 'ENOSPC' || errno === 'EDQUOT') {
    return new HaosError('DISK_FULL', `no space is left to write ${path}`, {
      hint: 'Free some space, or name another output.',
      at: path,
      cause: error,
    })
  }
  const noDirectory = errno === 'ENOENT' || errno === 'ENOTDIR'
  return new HaosError('OUTPUT_NOT_WRITABLE', `${path} cannot be written`, {
    hint: noDirectory
      ? `Make the directory ${dirname(path)}, or name another output.`
      : 'Name another output as second argument, or make this one writable.',
    at: path,
    cause: error,
  })
}

/** Explains why a file could not be read. Other errors stay unchanged. */
export function cannotRead(error: unknown, path: string): unknown {
  const errno = errnoOf(error)
  if (errno === undefined) return error
  if (errno === 'ENOENT' || errno === 'ENOTDIR') {
    return new HaosError('USAGE_INVALID', `there is no file ${path}`, {hint: 'Check the path.', at: path, cause: error})
  }
  return new HaosError('USAGE_INVALID', `${path} cannot be read`, {
    hint: 'Check the path and its permissions.',
    at: path,
    cause: error,
  })
}
