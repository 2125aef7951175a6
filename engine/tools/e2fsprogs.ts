import {defineTool} from '#engine'

export interface MakeExt4Options {
  /** Host path of a file that is there, of any size. */
  readonly image: string
  /** Where in the file the file system begins, in bytes. */
  readonly startBytes: number
  readonly sizeBytes: number
  readonly label: string
  readonly uuid: string
  /** What is in it: a directory of the host. */
  readonly directory: string
}

/** Makes an ext4 file system inside a file and fills it from a directory, without mounting it (mke2fs(8)). */
export const makeExt4 = defineTool<MakeExt4Options>({
  name: 'mke2fs',
  purpose: 'make the state file system of a disk',
  package: 'e2fsprogs',
  minVersion: '1.45.7',
  versionArgs: ['-V'],
  args: ({image, startBytes, sizeBytes, label, uuid, directory}) => [
    '-q',
    '-F',
    '-t',
    'ext4',
    // Later ones than GRUB and the kernels of long-lived distributions read.
    '-O',
    '^metadata_csum_seed,^orphan_file',
    '-L',
    label,
    '-U',
    uuid,
    // A seed by chance would make other bytes each time; what is not written yet stays a hole.
    '-E',
    `offset=${startBytes},hash_seed=${uuid},root_owner=0:0,lazy_itable_init=1,lazy_journal_init=1,nodiscard`,
    '-d',
    directory,
    image,
    `${sizeBytes / 1024}k`,
  ],
})

/** An ext file system inside a file. */
export interface ExtPlace {
  readonly image: string
  /** Where in the file it begins, in bytes. */
  readonly startBytes: number
}

interface DebugfsOptions extends ExtPlace {
  /** Host path of a file with one request of debugfs on each line. */
  readonly requests: string
}

const placeOf = ({image, startBytes}: ExtPlace): string => `${image}?offset=${startBytes}`

/** Changes files and inodes of an ext file system inside a file (debugfs(8)). It ends well whatever went wrong. */
export const changeInodes = defineTool<DebugfsOptions>({
  name: 'debugfs',
  purpose: 'change the state file system of a disk',
  package: 'e2fsprogs',
  versionArgs: ['-V'],
  args: ({requests, ...place}) => ['-w', '-f', requests, placeOf(place)],
})

/** Reads from an ext file system inside a file (debugfs(8)). It ends well whatever went wrong. */
export const readExt = defineTool<DebugfsOptions>({
  ...changeInodes,
  purpose: 'read the state file system of a disk',
  args: ({requests, ...place}) => ['-f', requests, placeOf(place)],
})

/** Looks for damage in an ext file system inside a file, and mends none (e2fsck(8)). Fails where there is some. */
export const checkExt = defineTool<ExtPlace>({
  name: 'e2fsck',
  purpose: 'check the state file system of a disk',
  package: 'e2fsprogs',
  versionArgs: ['-V'],
  args: (place) => ['-f', '-n', placeOf(place)],
})
