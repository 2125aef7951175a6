import {type FileHandle, open} from 'node:fs/promises'
import * as z from 'zod'
import {HaosError} from '#dsl'
import type {ToolRun} from '#engine'
import {listPartitions} from '#tools'

/** An ext file system on a disk. */
export interface ExtFileSystem {
  /** Its offset on the disk, in bytes. */
  readonly startBytes: number
  readonly label: string
  /** Its creation time, in seconds since 1970. */
  readonly madeAt: number
  readonly blockBytes: number
  readonly freeBytes: number
  /** Whether its journal must be replayed before any write. */
  readonly isInUse: boolean
}

/** Output of sfdisk; offsets are in sectors. */
const PartitionTable = z.object({
  partitiontable: z.object({
    sectorsize: z.number().default(512),
    partitions: z.array(z.object({start: z.number()})).default([]),
  }),
})

/**
 * Finds the ext file systems in the partitions of a raw disk. Fails with ARTIFACT_INVALID if there is no partition table.
 *
 * `name` is the user's name for the disk.
 */
export async function findExtFileSystems(
  image: string,
  {name, tool}: {readonly name: string; readonly tool: ToolRun},
): Promise<readonly ExtFileSystem[]> {
  const printed = await tool(listPartitions, {image}).catch((cause: unknown) => {
    throw cause instanceof HaosError && cause.code === 'TOOL_FAILED'
      ? new HaosError('ARTIFACT_INVALID', `${name} has no partition table`, {
          hint: 'Name a disk that haos-build has made, or one that the system was installed on.',
          at: name,
        })
      : cause
  })
  const {partitiontable: table} = PartitionTable.parse(JSON.parse(printed))
  await using disk = await open(image, 'r')
  const found: ExtFileSystem[] = []
  for (const {start} of table.partitions) {
    const fileSystem = await readSuperblock(disk, start * table.sectorsize)
    if (fileSystem !== undefined) found.push(fileSystem)
  }
  return found
}

/** Reads the superblock (kernel: Documentation/filesystems/ext4/super.rst); undefined if there is none. */
async function readSuperblock(disk: FileHandle, startBytes: number): Promise<ExtFileSystem | undefined> {
  const {buffer} = await disk.read(Buffer.alloc(1024), 0, 1024, startBytes + 1024)
  if (buffer.readUInt16LE(0x38) !== 0xef53) return undefined
  const NEEDS_RECOVERY = 0x4
  const IS_64_BIT = 0x80
  const incompatible = buffer.readUInt32LE(0x60)
  const freeBlocks =
    buffer.readUInt32LE(0x0c) + ((incompatible & IS_64_BIT) === 0 ? 0 : buffer.readUInt32LE(0x158) * 2 ** 32)
  const blockBytes = 2 ** (10 + buffer.readUInt32LE(0x18))
  return {
    startBytes,
    label: buffer.toString('utf8', 0x78, 0x88).replace(/\0.*$/s, ''),
    madeAt: buffer.readUInt32LE(0x108),
    blockBytes,
    freeBytes: freeBlocks * blockBytes,
    isInUse: (incompatible & NEEDS_RECOVERY) !== 0,
  }
}
