/** The result of comparing two versions. */
export type Order = '<' | '=' | '>'

/** The comparison operators of a dependency, as bits: `<=` is `less | equal`. */
export const Compare = {
  equal: 1,
  less: 2,
  greater: 4,
  /** Only the given parts have to agree: 1.2.7 satisfies `~1.2`. */
  fuzzy: 8,
} as const

/** No comparison: any version matches, and so does a name without one. */
export const ANY_VERSION = Compare.equal | Compare.less | Compare.greater

/** The operator `><`: the package must have exactly this checksum. */
export const SAME_CHECKSUM = Compare.less | Compare.greater

/** Parts of a version, ordered by weight: if one version ends earlier, these numbers decide. */
const Part = {
  invalid: -1,
  numberOrZero: 0,
  number: 1,
  letter: 2,
  suffix: 3,
  suffixNumber: 4,
  revision: 5,
  end: 6,
} as const
type Part = (typeof Part)[keyof typeof Part]

/** `alpha` is -4 and `rc` is -1, so that they sort before no suffix at all, which counts as 0 or more. */
const suffixes = [
  ['alpha', -4],
  ['beta', -3],
  ['pre', -2],
  ['rc', -1],
  ['cvs', 0],
  ['svn', 1],
  ['git', 2],
  ['hg', 3],
  ['p', 4],
] as const

/** apk keeps a part in 64 bits and calls longer numbers invalid. */
const MAX_DIGITS = 17
/** Digits that a double can represent exactly. */
const SAFE_DIGITS = 15

/** Reads a version part by part: `{number}{.number}…{letter}{_suffix{number}}…{-r{number}}`. */
class VersionReader {
  readonly text: string
  at = 0
  /** The kind of the next part. */
  part: Part = Part.number

  constructor(text: string) {
    this.text = text
  }

  /** Returns the value of the next part and sets `part` to the kind of the one after it. */
  next(): number | bigint {
    if (this.at >= this.text.length) {
      this.part = Part.end
      return 0
    }
    switch (this.part) {
      case Part.numberOrZero:
        if (this.text.charCodeAt(this.at) === 48) return this.leadingZeros()
        return this.number()
      case Part.number:
      case Part.suffixNumber:
      case Part.revision:
        return this.number()
      case Part.letter: {
        const letter = this.text.charCodeAt(this.at++)
        this.advance()
        return letter
      }
      case Part.suffix: {
        const suffix = suffixes.find(([name]) => this.text.startsWith(name, this.at))
        if (!suffix) return this.fail()
        this.at += suffix[0].length
        this.advance()
        return suffix[1]
      }
      default:
        return this.fail()
    }
  }

  /**
   * Zeros after a dot make the part a fraction: 1.01 is less than 1.1, and each further zero makes it smaller.
   *
   * apk always reads a number next, even at the end, so 1.0 is greater than 1.0_pre.
   */
  private leadingZeros(): number {
    const start = this.at
    while (this.text.charCodeAt(this.at) === 48) this.at++
    this.part = Part.number
    return 1 - (this.at - start)
  }

  private number(): number | bigint {
    const start = this.at
    let value = 0
    while (isDigit(this.text.charCodeAt(this.at))) value = value * 10 + this.text.charCodeAt(this.at++) - 48
    const digits = this.at - start
    if (digits > MAX_DIGITS) return this.fail()
    const exact = digits > SAFE_DIGITS ? BigInt(this.text.slice(start, this.at)) : value
    this.advance()
    return exact
  }

  private fail(): number {
    this.part = Part.invalid
    return -1
  }

  /** Sets `part` to the kind of the next part, or to `invalid` if no version has this order. */
  private advance(): void {
    const {text, part} = this
    if (this.at >= text.length) {
      this.part = Part.end
      return
    }
    const code = text.charCodeAt(this.at)
    const numeric = part === Part.number || part === Part.numberOrZero
    let next: Part = Part.invalid
    if (numeric && code >= 97 && code <= 122) next = Part.letter
    else if (part === Part.letter && isDigit(code)) next = Part.number
    else if (part === Part.suffix && isDigit(code)) next = Part.suffixNumber
    else {
      if (code === 46) next = Part.numberOrZero
      else if (code === 95) next = Part.suffix
      else if (code === 45 && text[this.at + 1] === 'r') {
        next = Part.revision
        this.at++
      }
      this.at++
    }
    const goesBack =
      next < part &&
      !(next === Part.numberOrZero && part === Part.number) &&
      !(next === Part.suffix && part === Part.suffixNumber) &&
      !(next === Part.number && part === Part.letter)
    this.part = goesBack ? Part.invalid : next
  }
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57

/** Whether `apk version --check` accepts the text. */
export function isValidVersion(text: string): boolean {
  const reader = new VersionReader(text)
  while (reader.part !== Part.end && reader.part !== Part.invalid) reader.next()
  return reader.part === Part.end
}

/** Compares two versions as `apk version --test` does. With `fuzzy`, parts that only one of them has do not count. */
export function compareVersions(a: string, b: string, fuzzy = false): Order {
  if (a === b) return '='
  const left = new VersionReader(a)
  const right = new VersionReader(b)
  let leftValue: number | bigint = 0
  let rightValue: number | bigint = 0
  // Loose equality, so that a number and a bigint of the same value are equal.
  // biome-ignore lint/suspicious/noDoubleEquals: numbers and bigints are compared by value
  while (left.part === right.part && left.part !== Part.end && left.part !== Part.invalid && leftValue == rightValue) {
    leftValue = left.next()
    rightValue = right.next()
  }
  if (leftValue < rightValue) return '<'
  if (leftValue > rightValue) return '>'
  if (left.part === right.part || fuzzy) return '='

  // The common parts agree: the longer version is greater, unless it continues as a pre-release.
  const [leftNext, rightNext] = [left.part, right.part]
  if (leftNext === Part.suffix && left.next() < 0) return '<'
  if (rightNext === Part.suffix && right.next() < 0) return '>'
  return leftNext > rightNext ? '<' : '>'
}

const orderBit = {'=': Compare.equal, '<': Compare.less, '>': Compare.greater} as const

/** Whether a version satisfies a comparison with another, given as bits of `Compare`. */
export const matchesVersion = (version: string, comparison: number, wanted: string): boolean =>
  (orderBit[compareVersions(version, wanted, (comparison & Compare.fuzzy) !== 0)] & comparison) !== 0

/** The bits of an operator such as `>=`. Other characters are ignored, as in apk. */
export function parseComparison(operator: string): number {
  let bits = 0
  for (const character of operator) bits |= operatorBits[character] ?? 0
  return bits
}

const operatorBits: Readonly<Record<string, number>> = {
  '=': Compare.equal,
  '<': Compare.less,
  '>': Compare.greater,
  '~': Compare.equal | Compare.fuzzy,
}

/** The operator as people write it. */
export function renderComparison(comparison: number): string {
  if (comparison === ANY_VERSION) return ''
  if (comparison === SAME_CHECKSUM) return '><'
  if ((comparison & Compare.fuzzy) !== 0) return '~'
  const less = comparison & Compare.less ? '<' : ''
  const greater = comparison & Compare.greater ? '>' : ''
  return `${less}${greater}${comparison & Compare.equal ? '=' : ''}`
}
