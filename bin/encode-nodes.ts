import {gzipSync} from 'node:zlib'
import {encodeNodesFile, type NodeOfFile} from '#formats'
import type {Seal} from './seal-nodes.ts'

/** The file of nodes for a medium, sealed if there is a `seal`. Fails with USAGE_INVALID for what is no public key. */
export async function encodeNodes(nodes: readonly NodeOfFile[], seal?: Seal | undefined): Promise<Buffer> {
  if (seal === undefined) return encodeNodesFile(nodes, gzipSync)
  // Only then, because loading the ciphers takes every command tens of milliseconds.
  const {sealNodes} = await import('./seal-nodes.ts')
  return sealNodes(nodes, seal)
}
