import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {showArguments, showConfig} from './show-config.ts'

const show = (text: string) => showConfig(text, deriveIdentity('haos'))

test('a config is shown as it was written, without its secrets', () => {
  expect(show('# mine\nhostname: a\nhaos:\n  token: geheim\n  password: "geheim2"\n')).toBe(
    '# mine\nhostname: a\nhaos:\n  token: [secret]\n  password: "[secret]"\n',
  )
})

test.each([
  ['escapes', 'haos:\n  token: "SECRET\\u0054OKEN"\n'],
  ['doubled quotes', "haos:\n  password: 'it''s-secret'\n"],
  ['folded lines', 'haos:\n  token: >-\n    my secret\n    words\n'],
  ['a secret of three letters', 'haos:\n  token: abc\n'],
  ['a passphrase', 'haos:\n  wifi:\n  - name: net\n    passphrase: "\\x73ecret words"\n'],
])('with %s nothing of the secret is seen', (_, text) => {
  const shown = show(`hostname: node1\n${text}`)

  expect(shown).toContain('hostname: node1')
  expect(shown).not.toMatch(/SECRET|it''s|my secret|words|abc|ecret words/)
})

test('of a text that is no YAML nothing is shown', () => {
  expect(show('haos:\n  token: "geheim\n  password: [')).not.toContain('geheim')
})

test('secrets among kernel arguments are not seen', () => {
  expect(
    showArguments([
      'quiet',
      'haos.token=geheim',
      'haos.wifi.passphrase=a b',
      'haos.install.config_url=https://me:pw@host/x',
    ]),
  ).toEqual([
    'quiet',
    'haos.token=[secret]',
    'haos.wifi.passphrase=[secret]',
    'haos.install.config_url=https://[secret]@host/x',
  ])
})
