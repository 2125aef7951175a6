import * as z from 'zod'
import {FileNode} from '#dsl'

/** One path of the system layer, with settings that are applied once the packages are known. */
export const SystemNode = z.strictObject({
  node: FileNode,
  owner: z.string().optional(),
  replace: z.boolean(),
  /** Keep the packages' file if they have one; for a program, in any directory of programs. */
  keep: z.boolean().optional(),
})
export type SystemNode = z.output<typeof SystemNode>
