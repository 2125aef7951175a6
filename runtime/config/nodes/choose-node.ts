import {type CanonicalMatch, type MatchKey, matchKeys} from '#dsl'
import type {MachineFacts} from './machine-facts.ts'

/** The node that a machine is: its index and what it was recognised by; several if none fits better than the others. */
export interface ChosenNodes {
  readonly indexes: readonly number[]
  /** Such as `serial abc123`. */
  readonly by: string
}

/**
 * Chooses the node of a machine among matches: the most exact that fits.
 *
 * One by uuid is more exact than one by serial, and so on in the order of {@link matchKeys}; a pattern of a host name is the least
 * exact. Of two by the same key, the one with more keys is.
 */
export function chooseNode(matches: readonly CanonicalMatch[], facts: MachineFacts): ChosenNodes {
  let best = ''
  let chosen: ChosenNodes = {indexes: [], by: ''}
  for (const [index, match] of matches.entries()) {
    const fitting = compare(match, facts)
    if (fitting === undefined || fitting.rank < best) continue
    const indexes = fitting.rank === best ? [...chosen.indexes, index] : [index]
    best = fitting.rank
    chosen = {indexes, by: fitting.by}
  }
  return chosen
}

/** How exact a fitting match is, as a text of the same length for each that sorts by it. */
function compare(match: CanonicalMatch, facts: MachineFacts): {readonly rank: string; readonly by: string} | undefined {
  const found: string[] = []
  let rank = ''
  for (const key of matchKeys) {
    const wanted = match[key]
    if (wanted === undefined) {
      rank += key === 'hostname' ? '00' : '0'
      continue
    }
    const value = facts[key].find((fact) => wanted.includes(fact))
    const similar = value ?? (key === 'hostname' ? facts[key].find((fact) => wanted.some(patternOf(fact))) : undefined)
    if (similar === undefined) return undefined
    rank += key !== 'hostname' ? '1' : value === undefined ? '01' : '10'
    found.push(`${nameOf[key]} ${similar}`)
  }
  return {rank, by: found.join(' and ')}
}

/** Words for a person. */
export const nameOf: Readonly<Record<MatchKey, string>> = {
  uuid: 'UUID',
  serial: 'serial number',
  mac: 'MAC address',
  asset_tag: 'asset tag',
  hostname: 'host name',
}

/** Whether a host name fits a pattern, in which `*` stands for any text and `?` for one character. */
const patternOf = (name: string) => (pattern: string) =>
  /[*?]/.test(pattern) &&
  new RegExp(
    `^${pattern
      .replace(/[.\\+^${}()|[\]]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  ).test(name)
