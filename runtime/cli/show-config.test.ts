import {expect, test} from 'vitest'
import {deriveIdentity, redactWords} from '#dsl'
import {showConfig} from './show-config.ts'

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
])('with %s, nothing of the secret is shown', (_, text) => {
  const shown = show(`hostname: node1\n${text}`)

  expect(shown).toContain('hostname: node1')
  expect(shown).not.toMatch(/SECRET|it''s|my secret|words|abc|ecret words/)
})

test('secrets in arguments, variables, URLs, commands and files are not shown', () => {
  const shown = show(`write_files:
- path: /etc/app.conf
  content: |
    password geheim1
    more
run_cmd:
- 'curl -H "Authorization: Bearer geheim2" https://me:geheim3@h/x?sig=geheim4'
boot_manifests:
- url: https://h/x.yaml?token=geheim5
haos:
  k3s_args: [server, --token=geheim6, --agent-token, geheim7, --node-name, n1]
  environment:
    AWS_ACCESS_KEY_ID: AKIAIOSFODNN7EXAMPLE
    AWS_SECRET_ACCESS_KEY: geheim8
    http_proxy: http://me:geheim9@proxy:3128
`)

  expect(shown).not.toMatch(/geheim|AKIA|more/)
  for (const kept of ['/etc/app.conf', 'curl -H', '--node-name', 'n1', 'proxy:3128', 'https://h/x.yaml'])
    expect(shown).toContain(kept)
})

test('a word that is also a password is hidden where it is the password, and nowhere else', () => {
  expect(
    show(
      'write_files: [{path: /home/rancher/x, owner: rancher}]\nhaos: {password: rancher, environment: {A: rancher}}\n',
    ),
  ).toBe(
    'write_files: [{path: /home/rancher/x, owner: rancher}]\nhaos: {password: [secret], environment: {A: rancher}}\n',
  )
})

test('however a secret is spelt, the rest of the file is shown as it was written', () => {
  const text = `# mine
haos:
  token: &t "SECRET\\u0054OKEN" # the token
  password: 'it''s-secret'
  wifi:
  - passphrase: >-
      my secret
      words
    name: net
`
  expect(show(text)).toBe(`# mine
haos:
  token: &t "[secret]" # the token
  password: '[secret]'
  wifi:
  - passphrase: >-
      [secret]
    name: net
`)
})

test('nothing of a text that is not valid YAML is shown', () => {
  expect(show('haos:\n  token: "geheim\n  password: [')).not.toContain('geheim')
})

test('secrets in kernel arguments are not shown', () => {
  expect(
    redactWords([
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
