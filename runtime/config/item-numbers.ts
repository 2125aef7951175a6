import type {Statement} from './interpret/interpret-source.ts'

/** By the name of a list, the number that each of its items has in the source. */
export type ItemNumbers = ReadonlyMap<string, readonly number[]>

/** The numbers of those lists of which some item was left out. Of two statements about a list the later counts. */
export function itemNumbers(statements: readonly Statement[]): ItemNumbers {
  const numbers = new Map<string, readonly number[]>()
  for (const {path, value, kept = []} of statements) {
    if (value === undefined) continue
    const field = path.at(-1) ?? ''
    if (kept.some((number, index) => number !== index)) numbers.set(field, kept)
    else numbers.delete(field)
  }
  return numbers
}
