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

test('a secret so short that it is part of words is left, lest the text become unreadable', () => {
  expect(redactSecrets('abcdef', config)).toBe('abcdef')
})

/** Milliseconds for what takes a few of them, and took 35 s when a pattern was tried from every letter. */
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
