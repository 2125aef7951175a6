import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {tableFiles} from '../../test/oracle/config-cases.ts'
import {renderKeyPath} from './problem.ts'
import {type ReadConfigResult, readConfig} from './read-config.ts'
import {renderConfig} from './render-config.ts'

const identity = deriveIdentity('haos')
const system = '/haos/system/config.yaml'
const encode = (text: string) => new TextEncoder().encode(text)

const sample = `#cloud-config
ssh_authorized_keys: [github:someone, "ssh-ed25519 AAAA me"]
write_files:
- path: /etc/motd
  content: |
    hello
  encoding: ''
  permissions: '0644'
- {path: /bin/x, content: !!binary AAEC, owner: "root:root"}
hostname: node1
run_cmd: &cmd
- echo "a: b"
boot_cmd: *cmd
haos:
  <<: {token: t}
  sysctl: {kernel.printk: 4 4 1 7}
  modules: [kvm, "br_netfilter"]
  labels: {a/b: c, on: off}
  install: {silent: yes, device: /dev/sda}
  wifi:
  - name: home
    passphrase: >-
      long
      text
`
const line =
  'quiet haos.mode=install haos.token="a b" "haos.password=x y" haos.sysctl[kernel.printk]="4 4" hostname=n haos.modules=a haos.modules=b haos.install.silent'

/** A text with pieces removed, or replaced by tokens that mean something to a parser. */
const mutated = (text: string) =>
  fc
    .array(
      fc.record({
        at: fc.nat(text.length),
        length: fc.nat(12),
        put: fc.oneof(
          fc.constantFrom(
            '\t',
            '  ',
            '\n',
            '\r\n',
            ': ',
            '- ',
            '"',
            "'",
            '|',
            '>',
            '&a ',
            '*a',
            '!!binary ',
            '!x ',
            '{',
            '}',
            '[',
            ']',
          ),
          fc.constantFrom(
            '<<: ',
            '#',
            '%',
            '---\n',
            '...\n',
            '~',
            '? ',
            '\0',
            '\uFEFF',
            '\u0085',
            '__proto__',
            'constructor',
            '=',
            '.',
            '${x}',
          ),
          fc.string({unit: 'binary', maxLength: 6}),
        ),
      }),
      {minLength: 1, maxLength: 8},
    )
    .map((edits) => edits.reduce((now, {at, length, put}) => now.slice(0, at) + put + now.slice(at + length), text))

/** Invariants of every result. In plain JavaScript, since they are checked a million times. */
function expectSound({config, problems}: ReadConfigResult): void {
  JSON.stringify(renderConfig(config, identity))
  const unsound = problems.filter(
    ({source, path, message, hint}) =>
      source === '' || typeof path !== 'string' || !/^\S.*[^.]$/.test(message) || !/^\S.*[.?]$/.test(hint ?? ''),
  )
  if (unsound.length > 0) expect(unsound).toEqual([])
}

describe('the reader never throws', () => {
  test('for files that are almost right', () => {
    fc.assert(
      fc.property(mutated(sample), (text) => {
        expectSound(readConfig(tableFiles(new Map([[system, encode(text)]])), {identity, cmdline: ''}))
      }),
      {numRuns: 1000},
    )
  })

  test('for bytes of any kind, in any source', () => {
    const sources = [system, '/run/config/userdata', '/run/config/local_hostname', '/run/config/ssh/authorized_keys']
    const bytes = fc.oneof(fc.uint8Array({maxLength: 80}), fc.string({unit: 'binary', maxLength: 60}).map(encode))
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...sources), bytes), (files) => {
        expectSound(readConfig(tableFiles(new Map(Object.entries(files))), {identity, cmdline: ''}))
      }),
      {numRuns: 1000},
    )
  })

  test('for command lines that are almost right', () => {
    fc.assert(
      fc.property(mutated(line), (cmdline) => expectSound(readConfig(tableFiles(new Map()), {identity, cmdline}))),
      {numRuns: 1500},
    )
  })

  // An exponential parser would exceed the timeout of a test on one of these texts.
  test('for texts that make a parser backtrack', () => {
    const nasty = [
      '[',
      '{',
      '[{',
      '- ',
      '? ',
      '&a [',
      '"',
      "'",
      '!!x ',
      '<<: *a\n',
      '{a: ',
      '[a, ',
      'a: ',
      '#',
      '\t',
      '"a":"',
      '|\n',
      '*a ',
    ]
    fc.assert(
      fc.property(
        fc.constantFrom(...nasty),
        fc.constantFrom(...nasty, ''),
        fc.constantFrom(100, 3000),
        (first, second, count) => {
          const text = (first + second).repeat(count)
          expectSound(readConfig(tableFiles(new Map([[system, encode(text)]])), {identity, cmdline: text}))
        },
      ),
      {numRuns: 80},
    )
  })

  test('for aliases of aliases that stand for millions of values', () => {
    const rows = Array.from({length: 30}, (_, index) => {
      const inside = Array.from({length: 9}, (_, key) => `k${key}: *l${index}`)
      return `x${index}: &l${index + 1} {${inside.join(', ')}}`
    })
    const text = `first: &l0 {a: b}\n${rows.join('\n')}\nhaos:\n  labels: *l30\n`
    const {config, problems} = readConfig(tableFiles(new Map([[system, encode(text)]])), {identity, cmdline: ''})

    expect(problems).toContainEqual(expect.objectContaining({message: 'holds more than 20000 values'}))
    expectSound({config, problems})
  })
})

const value = fc.oneof(
  fc.string({maxLength: 8}),
  fc.constantFrom('true', 'on', '0644', '12', '~x', 'null', '${X}'),
  fc.integer(),
  fc.boolean(),
  fc.array(fc.oneof(fc.string({maxLength: 4}), fc.integer()), {maxLength: 3}),
  fc.dictionary(fc.string({minLength: 1, maxLength: 4}), fc.string({maxLength: 4}), {minKeys: 1, maxKeys: 2}),
)
const top = [
  'ssh_authorized_keys',
  'write_files',
  'boot_manifests',
  'hostname',
  'init_cmd',
  'boot_cmd',
  'run_cmd',
  'unknown',
]
const own = [
  'data_sources',
  'modules',
  'sysctls',
  'ntp_servers',
  'dns_nameservers',
  'wifi',
  'password',
  'server_url',
  'token',
  'labels',
  'k3s_args',
  'environment',
  'taints',
  'other',
]
const install = [
  'device',
  'config_url',
  'iso_url',
  'silent',
  'force_efi',
  'no_format',
  'power_off',
  'debug',
  'tty',
  'else',
]

test('every key is applied or reported', () => {
  const config = fc.record({
    top: fc.dictionary(fc.constantFrom(...top), value),
    own: fc.dictionary(fc.constantFrom(...own), value),
    install: fc.dictionary(fc.constantFrom(...install), value),
  })
  fc.assert(
    fc.property(config, (written) => {
      const text = JSON.stringify({...written.top, haos: {...written.own, install: written.install}})
      const {config: read, problems} = readConfig(tableFiles(new Map([[system, encode(text)]])), {
        identity,
        cmdline: '',
      })
      const places: readonly (readonly [readonly string[], object, object])[] = [
        [[], written.top, read],
        [['haos'], written.own, read.node],
        [['haos', 'install'], written.install, read.node.install ?? {}],
      ]
      for (const [path, wanted, found] of places) {
        for (const key of Object.keys(wanted)) {
          const shown = renderKeyPath([...path, key])
          const reported = problems.some((problem) => problem.path.startsWith(shown))
          expect(reported || Object.hasOwn(found, key), `${shown} of ${text}`).toBe(true)
          const isMistake = problems.some(({path: place, isApplied}) => place === shown && !isApplied)
          expect(isMistake && Object.hasOwn(found, key), `${shown} of ${text}`).toBe(false)
        }
      }
    }),
    {numRuns: 800},
  )
})
