import {existsSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import * as z from 'zod'
import {compareVersions, isValidVersion, matchesVersion, parseComparison, renderComparison} from './version.ts'

const recorded = join(import.meta.dirname, '../../../../shared/oracle/apk-version/pairs.json')
const Pairs = z.array(
  z.object({a: z.string(), b: z.string(), op: z.enum(['<', '=', '>']), a_valid: z.boolean(), b_valid: z.boolean()}),
)

test.skipIf(!existsSync(recorded))(
  'every recorded pair of versions is ordered and judged as apk 2.14.4 does (../shared/oracle/apk-version)',
  () => {
    const pairs = Pairs.parse(JSON.parse(readFileSync(recorded, 'utf8')))
    const ours = pairs.map(({a, b}) => ({
      a,
      b,
      op: compareVersions(a, b),
      a_valid: isValidVersion(a),
      b_valid: isValidVersion(b),
    }))

    expect(ours).toEqual(pairs)
    console.log(`apk-version: ${pairs.length} of ${pairs.length} recorded pairs agree`)
  },
)

test.each([
  ['1.0', '>', '1.'],
  ['1..1', '>', '1.0.1'],
  ['1.0', '>', '1.0_pre'],
  ['1.0', '<', '1.0_p'],
  ['1.0a', '<', '1.01'],
  ['2.0.34-r0', '<', '2.034-r0'],
  ['1.000', '<', '1.'],
  ['1-r', '=', '1-r0'],
  ['0.0.1', '<', '00.01.3'],
  ['1_git12345678901234567', '<', '1_git12345678901234568'],
] as const)('%s %s %s, as in apk', (a, op, b) => {
  expect(compareVersions(a, b)).toBe(op)
  expect(compareVersions(b, a)).toBe({'<': '>', '>': '<', '=': '='}[op])
})

test('a number of 18 digits makes a version invalid', () => {
  expect(isValidVersion('12345678901234567')).toBe(true)
  expect(isValidVersion('123456789012345678')).toBe(false)
})

test('~ requires a common prefix, the other operators an order', () => {
  const meets = (version: string, operator: string, wanted: string) =>
    matchesVersion(version, parseComparison(operator), wanted)

  expect(meets('1.2.7-r0', '~', '1.2')).toBe(true)
  expect(meets('1.20-r0', '~', '1.2')).toBe(false)
  expect(meets('1.2', '<=', '1.2')).toBe(true)
  expect(meets('1.2', '<', '1.2')).toBe(false)
  expect(meets('1.3', '>', '1.2')).toBe(true)
})

test.each(['=', '<', '<=', '>', '>=', '~', '><'])('the operator %s is rendered as it was parsed', (operator) => {
  expect(renderComparison(parseComparison(operator))).toBe(operator)
})
