import {readFile, realpath} from 'node:fs/promises'
import {basename, dirname} from 'node:path'
import * as z from 'zod'
import {HaosError, Sha256} from '#dsl'
import {errnoOf, removePartialFiles, writeAtomically} from '#engine'

const LockedPackageSchema = z.strictObject({
  name: z.string(),
  version: z.string(),
  arch: z.string(),
  archive: z.string().optional(),
  path: z.string().regex(/^[^/].*$/, 'must be relative to the mirror'),
  sizeBytes: z.int().nonnegative(),
  sha256: Sha256,
})

/** The exact files of each image, architecture and purpose. */
export const Lockfile = z.strictObject({
  $comment: z.string(),
  version: z.literal(1),
  sets: z.record(z.string(), z.strictObject({request: Sha256, packages: z.array(LockedPackageSchema)})),
})
export type Lockfile = z.output<typeof Lockfile>

/** A lock file without pins. */
export const emptyLockfile: Lockfile = {
  $comment: 'Written by `haos-build lock`; review it like code, do not edit it by hand.',
  version: 1,
  sets: {},
}

/** Reads a lock file; a missing one is empty. Fails with LOCK_INVALID. */
export async function loadLockfile(path: string): Promise<Lockfile> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return emptyLockfile
    throw unreadable(path, error)
  }
  try {
    return Lockfile.parse(JSON.parse(text))
  } catch (error) {
    throw unreadable(path, error)
  }
}

function unreadable(path: string, cause: unknown): HaosError {
  const isShape = cause instanceof z.ZodError
  // A file of another format has a problem in every place: the first three are enough.
  const problems = isShape
    ? cause.issues.slice(0, 3).map((issue) => ({path: issue.path.join('.'), message: issue.message}))
    : undefined
  return new HaosError('LOCK_INVALID', 'the lock file cannot be read', {
    at: path,
    hint: 'Restore it from version control, or remove it and run `haos-build lock`.',
    problems,
    cause: isShape ? undefined : cause,
  })
}

/** Writes a lock file: sorted, one package per line, so that changes can be reviewed as a diff. */
export async function saveLockfile(path: string, lockfile: Lockfile): Promise<void> {
  // Recipes may share a lock file through a symlink, which a file must not replace.
  const place = await realpath(path).catch(() => path)
  await removePartialFiles(dirname(place), basename(place))
  await writeAtomically(place, renderLockfile(lockfile))
}

/** The text of a lock file. Fields have the order of the schema, whatever source a package comes from. */
export function renderLockfile({$comment, version, sets}: Lockfile): string {
  const rendered = Object.entries(sets)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, {request, packages}]) => {
      const lines = packages.map((item) => `        ${JSON.stringify(LockedPackageSchema.parse(item))}`)
      return `    ${JSON.stringify(name)}: {\n      "request": ${JSON.stringify(request)},\n      "packages": [\n${lines.join(',\n')}\n      ]\n    }`
    })
  return `{\n  "$comment": ${JSON.stringify($comment)},\n  "version": ${version},\n  "sets": {\n${rendered.join(',\n')}\n  }\n}\n`
}
