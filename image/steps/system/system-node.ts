import * as z from 'zod'
import {FileNode} from '#dsl'

/** One path of the system layer, with what cannot be known before the packages are. */
export const SystemNode = z.strictObject({
  node: FileNode,
  owner: z.string().optional(),
  replace: z.boolean(),
  /** Leave a directory of the packages as it is. */
  keep: z.boolean().optional(),
})
export type SystemNode = z.output<typeof SystemNode>
