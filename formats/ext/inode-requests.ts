/** An inode of an ext file system, by its path without the leading slash. */
export interface InodeRequest {
  readonly path: string
  /** File type and permissions (inode(7)). */
  readonly mode: number
}

/** Requests for debugfs that set the owner of inodes to root, and their permissions and times. */
export function renderInodeRequests(inodes: readonly InodeRequest[], epoch: number): string {
  const times = ['atime', 'ctime', 'mtime', 'crtime'].flatMap((field) => [
    [`${field}`, `@${epoch}`],
    [`${field}_extra`, '0'],
  ])
  return inodes
    .flatMap(({path, mode}) =>
      [['mode', `0${mode.toString(8)}`], ['uid', '0'], ['gid', '0'], ...times].map(
        ([field, value]) => `set_inode_field "/${path}" ${field} ${value}\n`,
      ),
    )
    .join('')
}
