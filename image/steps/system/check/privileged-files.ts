import {readFile, writeFile} from 'node:fs/promises'
import * as z from 'zod'
import {defineStep} from '#engine'
import {readTree} from '#formats'
import {TreeIndex} from '../tree-index.ts'
import {extraRights} from './extra-rights.ts'
import {FinishedRoot} from './finished-root.ts'

/** Programs with rights in addition to those of their users: setuid, setgid, or file capabilities (capabilities(7)). Sorted by path. */
export const PrivilegedFiles = z.array(
  z.object({
    path: z.string(),
    /** Four octal digits. */
    mode: z.string(),
    uid: z.number(),
    gid: z.number(),
    capabilities: z.literal(true).optional(),
    /** Its source: `the package NAME`, or `the recipe`. */
    from: z.string(),
  }),
)
export type PrivilegedFiles = z.output<typeof PrivilegedFiles>

/** Lists the privileged programs of the finished system, for manifests. */
export const privilegedFiles = defineStep({
  kind: 'privileged-files',
  revision: 1,
  summary: 'lists privileged programs',
  inputs: {index: 'file', layers: ['tree']},
  output: 'file',
  options: z.strictObject({}),
  tools: [],
  async run({inputs, output}) {
    const index = TreeIndex.parse(JSON.parse(await readFile(inputs.index, 'utf8')))
    const layers = await Promise.all(inputs.layers.map((path) => Array.fromAsync(readTree(path))))
    const found: PrivilegedFiles = [...new FinishedRoot(index, layers.flat()).entries.values()]
      .filter((entry) => extraRights(entry) !== undefined)
      .map(({path, mode, uid, gid, hasCapabilities, source}) => ({
        path,
        mode: (mode & 0o7777).toString(8).padStart(4, '0'),
        uid,
        gid,
        ...(hasCapabilities && {capabilities: true}),
        from: source,
      }))
    await writeFile(output, JSON.stringify(found.sort((a, b) => (a.path < b.path ? -1 : 1))))
  },
})
