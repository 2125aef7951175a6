import {readFile, writeFile} from 'node:fs/promises'
import * as z from 'zod'
import type {Problem} from '#dsl'
import {defineStep} from '#engine'
import {packageConflict, refuseConflicts} from './package-conflicts.ts'
import {PackagePaths} from './package-paths.ts'
import {ancestors} from './stack-trees.ts'

/**
 * Refuses paths of the recipe that conflict with those of packages, as soon as the packages are fetched: two files, a file in place
 * of a directory, a directory in place of a file, and a path below a file.
 *
 * The system tree repeats the check once the packages are configured, including files that scripts create.
 * This one finds most conflicts half a minute earlier. Fails with PATH_CONFLICT.
 */
export const checkPaths = defineStep({
  kind: 'check-paths',
  revision: 2,
  summary: "compares the recipe's files with those of packages",
  inputs: {paths: 'file'},
  output: 'file',
  options: z.strictObject({
    /** Files and symlinks of the recipe that replace nothing. */
    written: z.array(z.string()),
    /** Directories of the recipe that replace nothing. */
    directories: z.array(z.string()),
  }),
  tools: [],
  async run({inputs, options: {written, directories}, output}) {
    const paths = PackagePaths.parse(JSON.parse(await readFile(inputs.paths, 'utf8')))
    const above = new Map(
      Object.entries(paths).flatMap(([path, item]) => ancestors(path).map((directory) => [directory, item.package])),
    )
    refuseConflicts([
      ...written.flatMap((path): Problem[] => {
        const owner = paths[path]?.package ?? above.get(path)
        return owner === undefined ? belowFile(path, paths) : [packageConflict(path, owner)]
      }),
      ...directories.flatMap((path): Problem[] => {
        const found = paths[path]
        // The directory may be where the symlink leads: that is known once the packages are configured.
        return found === undefined || found.symlink ? belowFile(path, paths) : [packageConflict(path, found.package)]
      }),
    ])
    await writeFile(output, '')
  },
})

function belowFile(path: string, paths: PackagePaths): Problem[] {
  for (const parent of ancestors(path)) {
    const found = paths[parent]
    if (found === undefined || found.symlink) continue
    return [
      {
        path,
        message: `lies below ${parent}, which is a file in ${found.package}`,
        hint: 'Write to another path, or leave the package out.',
      },
    ]
  }
  return []
}
