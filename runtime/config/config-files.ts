/** The files that configuration is read from. A machine, a directory below which its root lies, or a table in a test. */
export interface ConfigFiles {
  /** What is in a file; undefined when there is none. May throw when it cannot be read. */
  read(path: string): Uint8Array | string | undefined
  /** Names in a directory, in any order; undefined if it does not exist. May throw if it is not a directory. */
  list(path: string): readonly string[] | undefined
  /** Decompresses gzip (RFC 1952), where that is possible. May throw when the data is damaged. */
  gunzip?(data: Uint8Array): Uint8Array
}
