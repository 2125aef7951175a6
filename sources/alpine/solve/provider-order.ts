import {compareVersions} from '../index/version.ts'
import type {Provider} from './solver-graph.ts'

/** Compares two choices for a name by apk's preferences, in apk's order. Positive if `a` is better. */
export function compareProviders(a: Provider, b: Provider | undefined): number {
  if (b === undefined) return 1
  const [left, right] = [a.pkg, b.pkg]
  return (
    Number(left.selectable) - Number(right.selectable) ||
    Number(left.mergedBefore) - Number(right.mergedBefore) ||
    right.conflicts - left.conflicts ||
    Number(left.tagOk) - Number(right.tagOk) ||
    Number(left.tagPreferred) - Number(right.tagPreferred) ||
    compareProvided(a.version, b.version) ||
    (left.name === right.name ? compareProvided(left.version, right.version) : 0) ||
    left.priority - right.priority ||
    firstRepository(right.repositories) - firstRepository(left.repositories)
  )
}

/** A name provided with a version and one provided without are not ordered. */
function compareProvided(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return 0
  const order = compareVersions(a, b)
  return order === '=' ? 0 : order === '>' ? 1 : -1
}

/** Index of the first repository that has it; earlier ones are preferred. */
const firstRepository = (bits: number): number => 31 - Math.clz32(bits & -bits)
