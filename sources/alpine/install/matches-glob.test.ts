import {expect, test} from 'vitest'
import {matchesGlob} from './matches-glob.ts'

test.for<[string, string, boolean]>([
  ['/usr/lib/modules/6.1', '/usr/lib/modules/*', true],
  ['/usr/lib/modules/6.1/kernel', '/usr/lib/modules/*', false],
  ['/usr/lib', '/usr/l?b', true],
  ['/usr/lib', '/usr?lib', false],
  ['/usr/lib64', '/usr/lib[0-9]*', true],
  ['/usr/lib64', '/usr/lib[!0-9]*', false],
  ['/usr/lib]', '/usr/lib[]]', true],
  ['/usr/[', '/usr/[', true],
  ['/usr/[a/b]', '/usr/[a/b]', true],
  ['/a.b', '/a.b', true],
  ['/axb', '/a.b', false],
  ['/a*', '/a\\*', true],
  ['/ab', '/a\\*', false],
  ['/usr/share/icons/hicolor', '/usr/*/icons/*', true],
  ['/usr/icons/x', '/usr/*/icons/*', false],
  ['/aab', '/*ab', true],
  ['/(a+)+$', '/(a+)+$', true],
])('%s is %s: %s', ([path, glob, expected]) => {
  expect(matchesGlob(path, glob)).toBe(expected)
})

test('no pattern takes exponential time', () => {
  const path = `/${'a'.repeat(4_000)}`

  expect(matchesGlob(path, `/${'*a'.repeat(2_000)}*b`)).toBe(false)
})
