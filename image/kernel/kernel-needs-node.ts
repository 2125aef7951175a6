import {type FileNode, type ImageSpec, type KernelNeedsFile, kernelNeeds, kernelNeedsPath} from '#dsl'
import {kernelDemands} from './kernel-demands.ts'

/** The file that `check` compares a node's kernel with. */
export function kernelNeedsNode(spec: ImageSpec): FileNode {
  const {users, mayLack} = kernelDemands(spec)
  const file: KernelNeedsFile = {users, mayLack, needs: kernelNeeds}
  return {
    type: 'file',
    path: kernelNeedsPath(spec.identity),
    mode: '0644',
    uid: 0,
    gid: 0,
    content: {text: `${JSON.stringify(file)}\n`},
  }
}
