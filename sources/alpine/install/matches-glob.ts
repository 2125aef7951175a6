/**
 * Whether a path matches a pattern as fnmatch(3) with FNM_PATHNAME and FNM_PERIOD off would say: `*`, `?` and `[…]` stand
 * for anything but a slash. A bracket that nobody closes stands for itself.
 *
 * Takes at most as many steps as path and pattern have characters, multiplied: a regular expression made of a stranger's
 * pattern can take years.
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
      // The last star takes one more; earlier ones need not, since what follows them was found at its first place.
      retry.at += 1
      at = retry.at
      next = retry.next
    } else return false
  }
  return pattern.slice(next).every((piece) => piece === '*')
}

/** What one place of a path may be: a character, anything (`?`), a set, or any number of characters (`*`). */
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
        // Several in a row are one.
        if (pieces.at(-1) !== '*') pieces.push('*')
      } else pieces.push(character === '?' ? '?' : {literal: character})
      at += 1
    }
  }
  return pieces
}

/** A set such as `[a-z]` or `[!x]`; undefined where it does not end, or not before a slash. */
function parseSet(characters: readonly string[], start: number): {piece: Piece; end: number} | undefined {
  const isNegated = characters[start + 1] === '!' || characters[start + 1] === '^'
  const first = start + (isNegated ? 2 : 1)
  const set: [string, string][] = []
  for (let at = first; at < characters.length; at++) {
    const character = characters[at] ?? ''
    if (character === '/') return undefined
    // Where it would make the set empty, it is a member.
    if (character === ']' && at > first) return {piece: {set, isNegated}, end: at + 1}
    const last = characters[at + 2]
    if (characters[at + 1] === '-' && last !== undefined && last !== ']') {
      set.push([character, last])
      at += 2
    } else set.push([character, character])
  }
  return undefined
}
