import * as fc from 'fast-check'

/** Damage: flipped bits, and ranges that are removed, duplicated, moved or overwritten. */
export const damage = fc.oneof(
  fc.record({kind: fc.constant('flip' as const), at: fc.nat(), bit: fc.nat(7)}),
  fc.record({kind: fc.constant('cut' as const), at: fc.nat(), count: fc.nat(2000)}),
  fc.record({kind: fc.constant('end' as const), at: fc.nat()}),
  fc.record({kind: fc.constant('double' as const), at: fc.nat(), count: fc.nat(2000)}),
  fc.record({kind: fc.constant('write' as const), at: fc.nat(), bytes: fc.uint8Array({minLength: 1, maxLength: 16})}),
)

type Harm = typeof damage extends fc.Arbitrary<infer T> ? T : never

/** Applies all damage to the bytes, one after another. */
export function damaged(bytes: Uint8Array, harm: Iterable<Harm>): Buffer {
  let result = Buffer.from(bytes)
  for (const item of harm) {
    const at = item.at % Math.max(1, result.length)
    const [before, after] = [result.subarray(0, at), result.subarray(at)]
    if (item.kind === 'flip') {
      result = Buffer.from(result)
      result[at] = (result[at] ?? 0) ^ (1 << item.bit)
    } else if (item.kind === 'cut') result = Buffer.concat([before, after.subarray(item.count)])
    else if (item.kind === 'end') result = Buffer.from(before)
    else if (item.kind === 'double') result = Buffer.concat([before, after.subarray(0, item.count), after])
    else result = Buffer.concat([before, item.bytes, after.subarray(item.bytes.length)])
  }
  return result
}
