import {defineTool} from '#engine'

export interface Tar2sqfsOptions {
  readonly output: string
  readonly epoch: number
  readonly compressor: 'zstd' | 'xz' | 'gzip' | 'lz4'
  /** Compression level, where the compressor has levels. */
  readonly level?: number | undefined
  /** Bytes per block, a power of two from 4096 to 1048576. */
  readonly blockSizeBytes: number
}

/**
 * Packs a tar archive (standard input) into SquashFS.
 *
 * It reads an archive rather than a directory: owners, devices and extended attributes then
 * come from the tree, so the build needs neither root nor fakeroot.
 */
export const tar2sqfs = defineTool<Tar2sqfsOptions>({
  name: 'tar2sqfs',
  purpose: 'pack a layer of the system',
  package: 'squashfs-tools-ng',
  minVersion: '1.1.0',
  args: ({output, epoch, compressor, level, blockSizeBytes}) => [
    '--compressor',
    compressor,
    ...(level === undefined ? [] : ['--comp-extra', `level=${level}`]),
    '--block-size',
    String(blockSizeBytes),
    // Only for directories that the archive leaves out, and for the time in the superblock.
    '--defaults',
    `uid=0,gid=0,mode=0755,mtime=${epoch}`,
    // A record that it cannot read must not be skipped silently.
    '--no-skip',
    '--quiet',
    output,
  ],
})
