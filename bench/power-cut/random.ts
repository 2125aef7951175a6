/** A number from 0 to 1, excluding 1. */
export type Random = () => number

/** The same numbers for the same seed (mulberry32), so that a cut that lost something can be repeated. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A whole number from 0 to `count`, excluding `count`. */
export const randomBelow = (random: Random, count: number): number => Math.floor(random() * count)
