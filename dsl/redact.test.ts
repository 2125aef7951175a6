import {expect, test} from 'vitest'
import {redactText, redactUrl, redactWords} from './redact.ts'

const key = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'

test.each([
  ['k3s server --token=abcd --debug', 'k3s server --token=[secret] --debug'],
  ['k3s agent --token abcd --server https://h', 'k3s agent --token [secret] --server https://h'],
  ["curl --password 'a b' https://h", "curl --password '[secret]' https://h"],
  [`AWS_SECRET_ACCESS_KEY=${key} k3s`, 'AWS_SECRET_ACCESS_KEY=[secret] k3s'],
  ['K3S_TOKEN="a b" x', 'K3S_TOKEN="[secret]" x'],
  ['the key AKIAIOSFODNN7EXAMPLE is refused', 'the key [secret] is refused'],
  ['haos.k3s_args=--token=abcd', 'haos.k3s_args=--token=[secret]'],
  ['no answer from https://me:pw@h/x?a=b&token=c', 'no answer from https://[secret]@h/x?[secret]'],
  ['mysql://me:pw@tcp(h:3306)/db', 'mysql://[secret]@tcp(h:3306)/db'],
  ['Authorization: Bearer abcdef123456', 'Authorization: Bearer [secret]'],
  ['-----BEGIN EC PRIVATE KEY-----\nabc\n-----END EC PRIVATE KEY-----\nrest', '[secret]\nrest'],
  ['K10aaaaaaaaaaaaaaaaaaaaaaaaaaaa::server:pw', '[secret]'],
])('of %j only %j is shown', (text, shown) => {
  expect(redactText(text)).toBe(shown)
  expect(redactText(shown)).toBe(shown)
})

test.each([
  'haos.token must not be empty',
  'a token is a word',
  '--token-file=/etc/token is read',
  'Write it as "https://HOST:PORT".',
  'https://h/x#fragment',
])('%j stays unchanged', (text) => {
  expect(redactText(text)).toBe(text)
})

test('secrets in a command line are hidden including their spaces, and so is the word after a flag', () => {
  expect(redactWords(['k3s', '--token', 'a b', '--node-name', 'n', 'haos.password=a b', '--agent-token'])).toEqual([
    'k3s',
    '--token',
    '[secret]',
    '--node-name',
    'n',
    'haos.password=[secret]',
    '--agent-token',
  ])
})

test('a URL is shown without credentials and query', () => {
  expect(redactUrl('https://me:pw@h/x.iso?token=abc')).toBe('https://h/x.iso?…')
  expect(redactUrl('/a path/what?.iso')).toBe('/a path/what?.iso')
})

/** Milliseconds for what takes a few of them; quadratic time would be a minute. */
const linearTimeMs = 20_000

test.each([
  'a',
  'a://',
  'token ',
  'token=',
  '--token ',
  '-',
  '--a ',
  '"',
  'https://',
  '-----BEGIN PRIVATE KEY-----',
  'eyJ',
  'eyJ-',
  'x=',
  ' ',
  'https://a,',
])(
  'a long text of "%s" alone is redacted in linear time',
  (piece) => {
    expect(redactText(piece.repeat(100_000)).length).toBeGreaterThan(0)
  },
  linearTimeMs,
)
