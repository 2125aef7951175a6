import * as z from 'zod'
import {FileNode} from '#dsl'

/** One path of the system layer, with what cannot be known before the packages are. */
export const SystemNode = z.strictObject({
  node: FileNode,
  owner: z.string().optional(),
  replace: z.boolean(),
  /** Leave what the packages have there as it is; of a program, in whatever directory of programs. */
  keep: z.boolean().optional(),
})
export type SystemNode = z.output<typeof SystemNode>
