import type {IntList} from './int-list.ts'
import type {NameTable} from './name-table.ts'
import {ANY_VERSION, Compare, isValidVersion, SAME_CHECKSUM} from './version.ts'

/** Marks a dependency of the form `!name`, in addition to the bits of `Compare`. */
export const CONFLICT = 16

/** Integers per dependency: name, comparison with `CONFLICT`, start and end of the version in the text. */
export const DEPENDENCY_SIZE = 4

/**
 * Reads words of the form `[!]name[@tag][<=>~version]` from a part of an index.
 *
 * Stops at the first invalid word, as apk does.
 */
export function readDependencies(
  source: Buffer,
  {start, end}: {readonly start: number; readonly end: number},
  names: NameTable,
  into: IntList,
): void {
  let at = start
  while (at < end) {
    if (isSpace(source[at])) {
      at++
      continue
    }
    let flags = 0
    if (source[at] === 33) {
      flags = CONFLICT
      at++
    }
    const nameStart = at
    let nameEnd = -1
    while (at < end && !isSpace(source[at]) && operatorBits(source[at]) === 0) {
      if (source[at] === 64 && nameEnd < 0) nameEnd = at
      at++
    }
    if (nameEnd < 0) nameEnd = at
    let comparison = ANY_VERSION
    let versionStart = at
    if (at < end && !isSpace(source[at])) {
      comparison = 0
      for (let bits = operatorBits(source[at]); bits !== 0 && at < end; bits = operatorBits(source[++at]))
        comparison |= bits
      versionStart = at
      while (at < end && !isSpace(source[at])) at++
      if (versionStart === at) return
      if ((comparison & SAME_CHECKSUM) !== SAME_CHECKSUM && !isVersion(source, versionStart, at)) return
    }
    into.push4(names.intern(source, nameStart, nameEnd), comparison | flags, versionStart, at)
  }
}

const isSpace = (code: number | undefined): boolean => code === 32 || code === 9

/** Bits of `<`, `=`, `>` and `~`, or 0 for other text. */
function operatorBits(code: number | undefined): number {
  switch (code) {
    case 60:
      return Compare.less
    case 61:
      return Compare.equal
    case 62:
      return Compare.greater
    case 126:
      return Compare.equal | Compare.fuzzy
    default:
      return 0
  }
}

/** A fast path for nearly all versions: digits and dots with a revision of one digit. Others take the full check. */
function isVersion(source: Buffer, start: number, end: number): boolean {
  let at = start
  let digits = 0
  for (; at < end && digits < 10; at++) {
    const code = source[at] ?? 0
    if (code >= 48 && code <= 57) digits++
    else if (code === 46 && digits > 0) digits = 0
    else break
  }
  const isRevision = digits > 0 && end - at === 3 && source[at] === 45 && source[at + 1] === 114
  if (at === end || (isRevision && isDigit(source[at + 2]))) return true
  return isValidVersion(source.toString('utf8', start, end))
}

const isDigit = (code: number | undefined): boolean => code !== undefined && code >= 48 && code <= 57
