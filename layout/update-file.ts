import {shellQuote} from '#dsl'

/** Bytes of an update file before its release: ISO 9660 leaves them to others, "System Area" (ECMA-119, 6.2.1). */
export const updateHeaderBytes = 32_768

/** Values in the script of an update file. */
export interface UpdateHeader {
  readonly name: string
  readonly title: string
  readonly version: string
  readonly arch: string
  /** SHA-256 of everything after the header. */
  readonly sha256: string
}

/** The header of an update file: its script, which `runtime/upgrade/update.sh` is the template of. */
export function renderUpdateHeader(script: string, {title, ...values}: UpdateHeader): string {
  const words = {...values, title: shellQuote(title), header: String(updateHeaderBytes)}
  return Object.entries(words).reduce(
    (text, [word, value]) => text.replaceAll(`@${word.toUpperCase()}@`, value),
    script,
  )
}

/** The digest that the header of an update file names; undefined if the text does not begin one. */
export const digestInUpdateHeader = (text: string): string | undefined =>
  text.startsWith('#!/bin/sh\n') ? /^sha256=([0-9a-f]{64})$/m.exec(text)?.[1] : undefined
