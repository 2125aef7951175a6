import {defineTool} from '#engine'

export interface TarOptions {
  readonly directory: string
  /** Names below the directory, in their order. */
  readonly names: readonly string[]
  /** Seconds since 1970 of every file. */
  readonly epoch: number
}

/** Packs files with their holes into a tar that is compressed by gzip (tar(1)), in the format that GCP asks for. */
export const tarGz = defineTool<TarOptions & {readonly output: string}>({
  name: 'tar',
  purpose: 'pack a disk',
  package: 'tar',
  args: ({output, directory, names, epoch}) => [
    '--create',
    '--sparse',
    '--format=oldgnu',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--mode=0644',
    `--mtime=@${epoch}`,
    // Else the header has the time of day.
    '--use-compress-program=gzip --no-name',
    '--file',
    output,
    '--directory',
    directory,
    ...names,
  ],
})
