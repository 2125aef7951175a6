/** The first difference between two files. */
export interface Difference {
  /** Names from the outermost file to the innermost: an image, a layer in it, a file of that. Empty for the whole file. */
  readonly path: readonly string[]
  /** What differs, as the continuation of a sentence that begins with the path. */
  readonly problem: string
}

/** One name in a file that holds others, such as an archive. */
export interface Member {
  /** Its name there. */
  readonly path: string
  /** What is known about it beside its bytes, by the name of the field. */
  readonly fields: Readonly<Record<string, string | number>>
  /** Its bytes: a range of a file. */
  readonly content?: {readonly hostPath: string; readonly offset: number; readonly sizeBytes: number} | undefined
}
