import {writeFile} from 'node:fs/promises'
import * as z from 'zod'
import {defineStep} from '#engine'
import {readContent, readTree} from '#formats'

const IndexEntry = z.object({
  type: z.string(),
  mode: z.number(),
  uid: z.number(),
  gid: z.number(),
  /** Of a symlink, as written. */
  target: z.string().optional(),
})

/** What is at which path of a tree, and the texts of its account files. */
export const TreeIndex = z.object({
  entries: z.record(z.string(), IndexEntry),
  accounts: z.object({passwd: z.string(), group: z.string(), shadow: z.string()}),
})
export type TreeIndex = z.output<typeof TreeIndex>

/**
 * Lists a tree.
 *
 * The layer above the packages needs their paths and accounts, not their bytes: with a step of its own, a change
 * of packages that changes neither leaves the layer above as it is.
 */
export const treeIndex = defineStep({
  kind: 'tree-index',
  revision: 2,
  summary: 'lists the files of the packages',
  inputs: {tree: 'tree'},
  output: 'file',
  options: z.strictObject({}),
  tools: [],
  async run({inputs, output}) {
    const entries: TreeIndex['entries'] = {}
    const accounts = {passwd: '', group: '', shadow: ''}
    for await (const {path, type, mode, uid, gid, target, content} of readTree(inputs.tree)) {
      entries[path] = {type, mode, uid, gid, ...(type === 'symlink' && {target})}
      const name = /^\/etc\/(passwd|group|shadow)$/.exec(path)?.[1]
      if (name !== undefined && content) {
        accounts[name as keyof typeof accounts] = Buffer.from(await readContent(content)).toString()
      }
    }
    await writeFile(output, JSON.stringify({entries, accounts}))
  },
})
