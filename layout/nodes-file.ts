import * as z from 'zod/mini'
import {type Identity, matchKeys} from '#dsl'

const magic = 'haos-build nodes 1'

/**
 * The file with the configs of many nodes, of which each machine uses its own: written by the build and by remaster.
 *
 * A header line with the size of the index in bytes and its CRC-32; the index as JSON; blocks, each the JSON list of the configs of
 * {@link nodesFile.perBlock} nodes, compressed by gzip or not. A node reads the index and one block, whatever the number of nodes.
 *
 * The blocks of a sealed file are files of age(1), which contain compressed blocks. The index is readable: a machine must find its node.
 */
export const nodesFile = {
  /** Few enough for QuickJS to decompress a block in milliseconds, enough for gzip to find what the configs share. */
  perBlock: 32,
  /** Which machines the configs are for, in their order, and the sizes of the blocks in bytes. */
  Index: z.lazy(() =>
    z.strictObject({
      nodes: z.array(
        z.strictObject({name: z.string(), match: z.partialRecord(z.enum(matchKeys), z.array(z.string()))}),
      ),
      blocks: z.array(z.number()),
      /** Present if the blocks are sealed. `identity` opens them, and is itself encrypted with a passphrase (age(1), armored). */
      seal: z.optional(z.strictObject({identity: z.optional(z.string())})),
    }),
  ),
  /** Label of a stick with files of nodes, for people: at most 11 bytes, as FAT has. */
  label: ({name}: Pick<Identity, 'name'>): string => `${name.toUpperCase().slice(0, 5)}_NODES`,
  /** The file of a stick with the age key that opens sealed configs. */
  keyName: 'nodes.key',
  header: (indexBytes: number, crc: number): string => `${magic} ${indexBytes} ${crc}\n`,
  /** The numbers in the header line; undefined if it is not one. */
  parseHeader(line: string): {readonly indexBytes: number; readonly crc: number} | undefined {
    const rest = line.startsWith(magic) ? line.slice(magic.length) : ''
    const [, size, crc] = /^ (\d{1,9}) (\d{1,10})$/.exec(rest) ?? []
    return size === undefined ? undefined : {indexBytes: Number(size), crc: Number(crc)}
  },
} as const
