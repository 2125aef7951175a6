import {crc32} from 'node:zlib'
import type {CanonicalMatch} from '#dsl'
import {nodesFile} from '#layout'

/** A node of the file. `config` has the keys of config.yaml. */
export interface NodeOfFile {
  readonly name: string
  readonly match: CanonicalMatch
  readonly config: unknown
}

/** How the blocks of a sealed file are opened: `identity` is encrypted with a passphrase; without it, a key opens them. */
export interface SealOfFile {
  readonly identity?: string
}

type Compress = (block: Uint8Array) => Uint8Array

/** The file with the configs of many nodes ({@link nodesFile}); `compress` makes gzip of its blocks. Default: text. */
export const encodeNodesFile = (nodes: readonly NodeOfFile[], compress?: Compress): Buffer =>
  joinNodesFile(nodes, nodeBlocks(nodes, compress))

/** The blocks of the file, as they are before they are sealed. */
export function nodeBlocks(nodes: readonly NodeOfFile[], compress: Compress = (block) => block): Uint8Array[] {
  const blocks: Uint8Array[] = []
  for (let first = 0; first < nodes.length; first += nodesFile.perBlock) {
    const configs = nodes.slice(first, first + nodesFile.perBlock).map(({config}) => config)
    blocks.push(compress(Buffer.from(JSON.stringify(configs))))
  }
  return blocks
}

/** The file of its blocks, which are sealed if there is a `seal`. */
export function joinNodesFile(
  nodes: readonly NodeOfFile[],
  blocks: readonly Uint8Array[],
  seal?: SealOfFile | undefined,
): Buffer {
  const index = Buffer.from(
    JSON.stringify({
      nodes: nodes.map(({name, match}) => ({name, match})),
      blocks: blocks.map(({length}) => length),
      ...(seal && {seal}),
    }),
  )
  return Buffer.concat([Buffer.from(nodesFile.header(index.length, crc32(index))), index, ...blocks])
}
