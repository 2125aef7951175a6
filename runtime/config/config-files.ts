/**
 * The files that configuration is read from: those of a machine, of a directory that stands for its root, or a table in
 * a test.
 */
export interface ConfigFiles {
  /** Content of a file; undefined if it does not exist. May throw if it cannot be read. */
  read(path: string): Uint8Array | string | undefined
  /** Names in a directory, in any order; undefined if it does not exist. May throw if it is not a directory. */
  list(path: string): readonly string[] | undefined
}
