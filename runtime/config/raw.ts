/**
 * The content of a source before interpretation: texts, lists and maps as written.
 *
 * `at` is the offset in the text of the source; command lines have none.
 */
export type Raw = RawText | RawList | RawMap

export interface RawText {
  readonly kind: 'text'
  readonly text: string
  readonly at?: number
  /** Offset of its end in the text of the source, without closing quotes. */
  readonly end?: number
  /** Nothing was written, or `~` or `null` without quotes. */
  readonly isNull?: boolean
  /** The bytes of a YAML `!!binary`, if they are not UTF-8 text. */
  readonly bytes?: Uint8Array
  /** Why the written value could not be decoded. */
  readonly damage?: {readonly message: string; readonly hint: string}
  /** A kernel parameter without "=". */
  readonly bare?: boolean
}

export interface RawList {
  readonly kind: 'list'
  readonly items: readonly Raw[]
  readonly at?: number
  /** A repeated kernel parameter. The schema decides later whether it may be repeated. */
  readonly repeated?: boolean
}

export interface RawMap {
  readonly kind: 'map'
  /** In the order of the source, including repeated keys. */
  readonly entries: readonly RawEntry[]
  readonly at?: number
}

export interface RawEntry {
  readonly key: string
  readonly value: Raw
  /** Offset of the key. */
  readonly at?: number
}
