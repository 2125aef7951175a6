/** Something wrong with the configuration: what, where, why, and what next. Never repeats a value: it may be secret. */
export interface ConfigProblem {
  /** Where it was read: an absolute path on the node, or `kernel command line`. */
  readonly source: string
  /** Path of the value as a person would write it, such as `haos.wifi[0].name`; empty for the whole source. */
  readonly path: string
  /** What is wrong, worded to follow the path. */
  readonly message: string
  /** What to do about it, as one imperative sentence. */
  readonly hint?: string
  /** The value is applied nevertheless, as the message describes. Default: it is omitted. */
  readonly isApplied?: boolean
  /** First line is 1. Missing if the source has no lines. */
  readonly line?: number
  /** First column is 1. */
  readonly column?: number
}

/** A path from the top of config.yaml: names of keys, and numbers of items. */
export type KeyPath = readonly (string | number)[]

/** `haos.wifi[0].name`, and as on the kernel command line `haos.sysctls[kernel.printk]` for a key that is not a plain word. */
export const renderKeyPath = (path: KeyPath): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'string' && /^[\w-]+$/.test(key)) return text === '' ? key : `${text}.${key}`
    return `${text}[${key}]`
  }, '')

/** The path that `renderKeyPath` has rendered. */
export const parseKeyPath = (text: string): KeyPath =>
  Array.from(text.matchAll(/([\w-]+)|\[(\d+)\]|\[([^\]]*)\]/g), ([, word, number, other]) =>
    number === undefined ? (word ?? other ?? '') : Number(number),
  )

/** The first line of the message of whatever was thrown. */
export const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? ''
