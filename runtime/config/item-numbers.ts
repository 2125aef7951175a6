import type {Statement} from './interpret/interpret-source.ts'

/** The number in the source of each item of a list, by the name of the list. */
export type ItemNumbers = ReadonlyMap<string, readonly number[]>

/** The numbers of lists with omitted items. The later of two statements about a list counts. */
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
