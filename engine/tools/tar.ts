import {defineTool} from '#engine'

export interface TarOptions {
  readonly directory: string
  /** Names below the directory, in the order of the archive. */
  readonly names: readonly string[]
  /** Seconds since 1970 of every file. */
  readonly epoch: number
}

/** Packs files with their holes into a tar (tar(1)), in the format that GCP requires. */
export const sparseTar = defineTool<TarOptions & {readonly output: string}>({
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
    '--file',
    output,
    '--directory',
    directory,
    ...names,
  ],
})

/**
 * Lists a name in a directory and everything below it, one path per line, each followed by the names of its extended attributes.
 *
 * tar reads no contents for an archive that goes to /dev/null (GNU tar manual, "Operation"). Names are escaped as in C.
 */
export const tarAttributeList = defineTool<{readonly directory: string; readonly name: string}>({
  name: 'tar',
  purpose: 'read extended attributes of an overlay',
  package: 'tar',
  args: ({directory, name}) => [
    ...['--create', '--format=pax', '--file', '/dev/null', '--verbose', '--verbose', '--verbose', '--numeric-owner'],
    ...[...allAttributes, '--quoting-style=escape', '--directory', directory, name],
  ],
})

/** Packs files with their extended attributes (`SCHILY.xattr` records). `list` holds their names, each ended by a zero byte. */
export const tarAttributes = defineTool<{readonly directory: string; readonly list: string; readonly output: string}>({
  name: 'tar',
  purpose: 'read extended attributes of an overlay',
  package: 'tar',
  args: ({directory, list, output}) => [
    ...['--create', '--format=pax', '--file', output, ...allAttributes],
    ...['--directory', directory, '--no-recursion', '--null', '--verbatim-files-from', '--files-from', list],
  ],
})

const allAttributes = ['--xattrs', '--xattrs-include=*']
