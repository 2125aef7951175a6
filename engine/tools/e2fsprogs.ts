import {fileURLToPath} from 'node:url'
import {defineTool} from '#engine'

export interface MakeExt4Options {
  /** Host path of an existing file of any size. */
  readonly image: string
  /** Offset of the file system in the file, in bytes. */
  readonly startBytes: number
  readonly sizeBytes: number
  readonly label: string
  readonly uuid: string
  /** Its contents: a directory of the host. */
  readonly directory: string
}

/** Makes an ext4 file system inside a file and fills it from a directory, without mounting it (mke2fs(8)). */
export const makeExt4 = defineTool<MakeExt4Options>({
  name: 'mke2fs',
  purpose: 'make the state file system of a disk',
  package: 'e2fsprogs',
  minVersion: '1.45.7',
  versionArgs: ['-V'],
  // Else /etc/mke2fs.conf, where distributions and owners of machines choose other features.
  env: {MKE2FS_CONFIG: fileURLToPath(new URL('./mke2fs.conf', import.meta.url))},
  args: ({image, startBytes, sizeBytes, label, uuid, directory}) => [
    '-q',
    '-F',
    '-t',
    'ext4',
    '-L',
    label,
    '-U',
    uuid,
    // A random seed would change the bytes each time; unwritten blocks stay holes.
    '-E',
    `offset=${startBytes},hash_seed=${uuid},root_owner=0:0,lazy_itable_init=1,lazy_journal_init=1,nodiscard`,
    '-d',
    directory,
    image,
    `${sizeBytes / 1024}k`,
  ],
})

/** An ext file system inside a file. */
export interface ExtLocation {
  readonly image: string
  /** Its offset in the file, in bytes. */
  readonly startBytes: number
}

interface DebugfsOptions extends ExtLocation {
  /** Host path of a file with one request of debugfs on each line. */
  readonly requests: string
}

const placeOf = ({image, startBytes}: ExtLocation): string => `${image}?offset=${startBytes}`

/** Changes files and inodes of an ext file system inside a file (debugfs(8)). It exits with status 0 even after errors. */
export const changeInodes = defineTool<DebugfsOptions>({
  name: 'debugfs',
  purpose: 'change the state file system of a disk',
  package: 'e2fsprogs',
  versionArgs: ['-V'],
  args: ({requests, ...place}) => ['-w', '-f', requests, placeOf(place)],
})

/** Reads from an ext file system inside a file (debugfs(8)). It exits with status 0 even after errors. */
export const readExt = defineTool<DebugfsOptions>({
  ...changeInodes,
  purpose: 'read the state file system of a disk',
  args: ({requests, ...place}) => ['-f', requests, placeOf(place)],
})

/** Checks an ext file system inside a file without repairing it (e2fsck(8)). Fails if it is damaged. */
export const checkExt = defineTool<ExtLocation>({
  name: 'e2fsck',
  purpose: 'check the state file system of a disk',
  package: 'e2fsprogs',
  versionArgs: ['-V'],
  // Else /etc/e2fsck.conf, which may forgive faults (e2fsck.conf(5), "problems").
  env: {E2FSCK_CONFIG: '/dev/null'},
  args: (place) => ['-f', '-n', placeOf(place)],
})
