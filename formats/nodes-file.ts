import {crc32} from 'node:zlib'
import type {CanonicalMatch} from '#dsl'
import {nodesFile} from '#layout'

/** A node of the file. `config` has the keys of config.yaml. */
export interface NodeOfFile {
  readonly name: string
  readonly match: CanonicalMatch
  readonly config: unknown
}

/** The file with the configs of many nodes ({@link nodesFile}); `compress` makes gzip of its blocks. Default: text. */
export function encodeNodesFile(
  nodes: readonly NodeOfFile[],
  compress: (block: Uint8Array) => Uint8Array = (block) => block,
): Buffer {
  const blocks: Uint8Array[] = []
  for (let first = 0; first < nodes.length; first += nodesFile.perBlock) {
    const configs = nodes.slice(first, first + nodesFile.perBlock).map(({config}) => config)
    blocks.push(compress(Buffer.from(JSON.stringify(configs))))
  }
  const index = Buffer.from(
    JSON.stringify({
      nodes: nodes.map(({name, match}) => ({name, match})),
      blocks: blocks.map(({length}) => length),
    }),
  )
  return Buffer.concat([Buffer.from(nodesFile.header(index.length, crc32(index))), index, ...blocks])
}
