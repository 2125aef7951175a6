/**
 * Whether a path matches a pattern, as fnmatch(3) decides with FNM_PATHNAME and without FNM_PERIOD: `*`, `?` and `[…]`
 * match anything except a slash. An unclosed bracket stands for itself.
 *
 * The number of steps is at most the product of both lengths: a regular expression made from an untrusted pattern can take
 * exponential time.
 */
export function matchesGlob(path: string, glob: string): boolean {
  const pattern = parseGlob(glob)
  const characters = [...path]
  let [at, next] = [0, 0]
  let retry: {readonly next: number; at: number} | undefined
  while (at < characters.length) {
    const character = characters[at] ?? ''
    const piece = pattern[next]
    if (piece === '*') {
      next += 1
      retry = {next, at}
    } else if (piece !== undefined && matchesPiece(character, piece)) {
      at += 1
      next += 1
    } else if (retry !== undefined && characters[retry.at] !== '/') {
      // The last star takes one more character; earlier ones need not, since what follows them matched at its first position.
      retry.at += 1
      at = retry.at
      next = retry.next
    } else return false
  }
  return pattern.slice(next).every((piece) => piece === '*')
}

/** What a piece of a pattern matches: a character, any character (`?`), a set, or any number of characters (`*`). */
type Piece =
  | '*'
  | '?'
  | {readonly literal: string}
  | {readonly set: readonly (readonly [string, string])[]; readonly isNegated: boolean}

function matchesPiece(character: string, piece: Exclude<Piece, '*'>): boolean {
  if (piece === '?') return character !== '/'
  if ('literal' in piece) return character === piece.literal
  const isInside = piece.set.some(([first, last]) => character >= first && character <= last)
  return character !== '/' && isInside !== piece.isNegated
}

function parseGlob(glob: string): Piece[] {
  const pieces: Piece[] = []
  const characters = [...glob]
  for (let at = 0; at < characters.length; ) {
    const character = characters[at] ?? ''
    const set = character === '[' ? parseSet(characters, at) : undefined
    if (set !== undefined) {
      pieces.push(set.piece)
      at = set.end
    } else if (character === '\\' && at + 1 < characters.length) {
      pieces.push({literal: characters[at + 1] ?? ''})
      at += 2
    } else {
      if (character === '*') {
        // Several stars in a row are equal to one.
        if (pieces.at(-1) !== '*') pieces.push('*')
      } else pieces.push(character === '?' ? '?' : {literal: character})
      at += 1
    }
  }
  return pieces
}

/** A set such as `[a-z]` or `[!x]`; undefined if it does not end before the next slash. */
function parseSet(characters: readonly string[], start: number): {piece: Piece; end: number} | undefined {
  const isNegated = characters[start + 1] === '!' || characters[start + 1] === '^'
  const first = start + (isNegated ? 2 : 1)
  const set: [string, string][] = []
  for (let at = first; at < characters.length; at++) {
    const character = characters[at] ?? ''
    if (character === '/') return undefined
    // A bracket that would leave the set empty is a member.
    if (character === ']' && at > first) return {piece: {set, isNegated}, end: at + 1}
    const last = characters[at + 2]
    if (characters[at + 1] === '-' && last !== undefined && last !== ']') {
      set.push([character, last])
      at += 2
    } else set.push([character, character])
  }
  return undefined
}
