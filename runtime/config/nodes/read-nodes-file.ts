import type {CanonicalMatch} from '#dsl'
import {nodesFile} from '#layout'
import {crc32} from '../../text/crc32.ts'
import {gunzip} from '../../text/gunzip.ts'
import {decodeUtf8} from '../../text/utf8.ts'

/** The open file with the configs of many nodes. */
export interface NodesFile {
  readonly nodes: readonly {readonly name: string; readonly match: CanonicalMatch}[]
  /** Present if the blocks are sealed. */
  readonly seal: {readonly identity?: string | undefined} | undefined
  /** The block with the config of a node, by the node's index: a file of age(1) in a sealed file. */
  blockOf(index: number): Uint8Array
  /** The config of a node, by its index. Throws an Error if it is damaged or sealed. */
  configOf(index: number): unknown
}

/** Reads the index of a file with the configs of many nodes. Throws an Error if the file is damaged. */
export function readNodesFile(bytes: Uint8Array): NodesFile {
  const lineEnd = bytes.indexOf(10)
  const header = lineEnd < 0 || lineEnd > 64 ? undefined : nodesFile.parseHeader(decodeUtf8(bytes.subarray(0, lineEnd)))
  if (header === undefined) throw new Error('is not a file of nodes that this version reads')
  const start = lineEnd + 1
  const index = bytes.subarray(start, start + header.indexBytes)
  if (index.length !== header.indexBytes || crc32(index) !== header.crc)
    throw new Error('is damaged: its checksum does not match')
  const {nodes, blocks, seal} = nodesFile.Index.parse(JSON.parse(decodeUtf8(index)))
  const starts = [start + header.indexBytes]
  for (const size of blocks) starts.push((starts.at(-1) ?? 0) + size)
  if (starts.at(-1) !== bytes.length) throw new Error('is damaged: its end is missing')
  const blockOf = (node: number): Uint8Array => {
    const block = Math.floor(node / nodesFile.perBlock)
    return bytes.subarray(starts[block], starts[block + 1])
  }
  return {
    nodes,
    seal,
    blockOf,
    configOf(node) {
      if (seal !== undefined) throw new Error('is sealed')
      return configInBlock(blockOf(node), node)
    },
  }
}

/** The config of a node in its block, by the node's index in the file. Throws an Error if the block is damaged. */
export function configInBlock(data: Uint8Array, node: number): unknown {
  const isPlain = data[0] === 0x5b
  const configs: unknown = JSON.parse(decodeUtf8(isPlain ? data : gunzip(data)))
  if (!Array.isArray(configs)) throw new Error('is damaged: a block of it is not a list')
  return configs[node % nodesFile.perBlock]
}
