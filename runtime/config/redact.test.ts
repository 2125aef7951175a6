import {expect, test} from 'vitest'
import {redactText, redactWords} from '#dsl'
import {redactSecrets} from './redact.ts'

const config = {node: {token: 'abc', password: 'hunter22', wifi: [{name: 'n', passphrase: 'hunter22 and more'}]}}

test('secrets are removed, the longest first', () => {
  expect(redactSecrets('x hunter22 and more y hunter22', config)).toBe('x [secret] y [secret]')
})

test('credentials in a URL are removed, and its host stays', () => {
  expect(redactSecrets('https://me:pw@host/x failed', config)).toBe('https://[secret]@host/x failed')
})

test('a secret that is too short is not removed, since the text would become unreadable', () => {
  expect(redactSecrets('abcdef', config)).toBe('abcdef')
})

/** Timeout of a test that takes a few milliseconds, and took 35 s with a pattern that backtracked from every letter. */
const linearTimeMs = 20_000

test.each(['a', 'a://', 'token ', 'x '])(
  'a long text of "%s" alone is redacted in linear time',
  (piece) => {
    const text = piece.repeat(220_000)

    expect(redactText(text)).toBe(text)
    expect(redactWords([text])).toEqual([text])
  },
  linearTimeMs,
)
