import {readFile, writeFile} from 'node:fs/promises'
import * as z from 'zod'
import {defineStep} from '#engine'
import {packageConflict, refuseConflicts} from './package-conflicts.ts'

/**
 * Refuses files of the recipe that packages contain too, as soon as the packages are fetched.
 *
 * The system tree repeats the check once the packages are configured, including symlinks and files that scripts create.
 * This one finds most conflicts half a minute earlier. Fails with PATH_CONFLICT.
 */
export const checkPaths = defineStep({
  kind: 'check-paths',
  revision: 1,
  summary: "compares the recipe's files with those of packages",
  inputs: {paths: 'file'},
  output: 'file',
  options: z.strictObject({written: z.array(z.string())}),
  tools: [],
  async run({inputs, options: {written}, output}) {
    const owners = z.record(z.string(), z.string()).parse(JSON.parse(await readFile(inputs.paths, 'utf8')))
    refuseConflicts(
      written.flatMap((path) => (owners[path] === undefined ? [] : [packageConflict(path, owners[path])])),
    )
    await writeFile(output, '')
  },
})
