import {execFileSync} from 'node:child_process'
import fc from 'fast-check'
import {expect, test} from 'vitest'
import {compareVersions} from './compare-versions.ts'

/** What dpkg says of many pairs, in one process. */
function ordersOfDpkg(pairs: readonly (readonly [string, string])[]): number[] {
  const script =
    'while read -r a b; do dpkg --compare-versions "$a" lt "$b" && echo -1 || { dpkg --compare-versions "$a" eq "$b" && echo 0 || echo 1; }; done'
  const input = pairs.map((pair) => `${pair.join(' ')}\n`).join('')
  return execFileSync('/bin/sh', ['-c', script], {input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore']})
    .trim()
    .split('\n')
    .map(Number)
}

test('versions are ordered as by dpkg', () => {
  const part = fc.stringMatching(/^[0-9][0-9a-zA-Z.+~]{0,8}$/)
  const version = fc.oneof(
    fc
      .tuple(
        fc.constantFrom('', '0:', '1:', '12:'),
        part,
        fc.constantFrom('', '-1', '-0', '-2+b1', '-1~bpo1', '-1+deb13u2', '-01'),
      )
      .map((parts) => parts.join('')),
    fc.constantFrom('1.0', '1.0~rc1', '1.0+b1', '1.00', '1.0-0', '20250419', '020250419', '1:0', '9.7-3', '9.7-10'),
  )
  const pairs = fc.sample(fc.tuple(version, version), {numRuns: 300, seed: 1})
  const orders = ordersOfDpkg(pairs)

  for (const [index, [a, b]] of pairs.entries()) {
    expect([a, b, Math.sign(compareVersions(a, b))]).toEqual([a, b, orders[index]])
    expect(Math.sign(compareVersions(b, a)) + Math.sign(compareVersions(a, b))).toBe(0)
  }
})
