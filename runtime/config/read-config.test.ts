import {gzipSync} from 'node:zlib'
import {describe, expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {tableFiles} from '../../test/oracle/config-cases.ts'
import {readConfig} from './read-config.ts'
import {renderConfig} from './render-config.ts'

const haos = deriveIdentity('haos')
const system = '/haos/system/config.yaml'
const local = '/var/lib/rancher/haos/config.yaml'
const userdata = '/run/config/userdata'

type Files = Readonly<Record<string, string | Uint8Array>>

const read = (files: Files, {identity = haos, cmdline = '', phase = 'runtime' as 'boot' | 'runtime'} = {}) => {
  const table = Object.entries(files).map(
    ([path, content]) => [path, typeof content === 'string' ? new TextEncoder().encode(content) : content] as const,
  )
  const {config, problems} = readConfig(tableFiles(new Map(table)), {identity, cmdline, phase})
  return {config: renderConfig(config, identity), problems}
}

const pathsOf = ({problems}: ReturnType<typeof read>) => problems.map(({path}) => path)

describe('sources', () => {
  test('later sources win: system, command line, local, cloud, userdata, config.d', () => {
    const files: Record<string, string> = {}
    const names = []
    for (const [path, content] of [
      [system, 'hostname: system'],
      [local, 'hostname: local'],
      ['/run/config/local_hostname', 'cloud\n'],
      [userdata, '#cloud-config\nhostname: userdata'],
      ['/var/lib/rancher/haos/config.d/9-b', 'hostname: nine'],
      ['/var/lib/rancher/haos/config.d/10-a', 'hostname: ten'],
    ] as const) {
      files[path] = content
      names.push(read(files, {cmdline: 'hostname=cmdline'}).config['hostname'])
    }
    expect(names).toEqual(['cmdline', 'local', 'cloud', 'userdata', 'nine', 'nine'])
  })

  test('lists and maps of texts are replaced whole, sections key by key', () => {
    const {config} = read({
      [system]: 'haos: {modules: [a, b], labels: {a: "1"}, token: t, install: {tty: ttyS0, silent: true}}',
      [local]: 'haos: {modules: [c], labels: {b: "2"}, install: {device: /dev/sda}}',
    })
    expect(config).toEqual({
      haos: {modules: ['c'], labels: {b: '2'}, token: 't', install: {tty: 'ttyS0', silent: true, device: '/dev/sda'}},
    })
  })

  test('an empty section and an empty name from the cloud unset nothing', () => {
    expect(
      read({[system]: 'hostname: h\nhaos: {token: t}', [local]: 'haos:\n', '/run/config/local_hostname': '\n'}).config,
    ).toEqual({hostname: 'h', haos: {token: 't'}})
  })

  test('a source that cannot be read is a problem, and the others count', () => {
    const result = read({[`${system}/x`]: '', [local]: 'hostname: h', '/var/lib/rancher/haos/config.d': ''})

    expect(result.config).toEqual({hostname: 'h', haos: {}})
    expect(result.problems.map(({source, path}) => [source, path])).toEqual([
      [system, ''],
      ['/var/lib/rancher/haos/config.d', ''],
    ])
  })

  test('userdata does not count before the runtime phase', () => {
    expect(read({[userdata]: 'hostname: u'}, {phase: 'boot'}).config).toEqual({haos: {}})
    expect(read({[userdata]: 'hostname: u'}).config).toEqual({hostname: 'u', haos: {}})
  })

  test('names follow the identity', () => {
    const result = read(
      {
        '/rke2os/system/config.yaml': 'rke2os: {rke2_args: [server], token: t}',
        '/var/lib/rancher/rke2os/config.d/a': 'k3os: {token: x}',
      },
      {identity: deriveIdentity('rke2os'), cmdline: 'rke2os.modules=kvm'},
    )
    expect(result.config).toEqual({rke2os: {rke2_args: ['server'], token: 't', modules: ['kvm']}})
    expect(result.problems).toMatchObject([{path: 'k3os', message: expect.stringContaining('k3os; this is rke2os')}])
  })
})

describe('userdata', () => {
  test('a script becomes a file and a command', () => {
    expect(read({[userdata]: '#!/bin/sh\necho hi\n'}).config).toMatchObject({
      write_files: [{path: '/run/haos/userdata', content: '#!/bin/sh\necho hi\n', permissions: '0700'}],
      run_cmd: ['source /run/haos/userdata'],
    })
  })

  test('a script that is not UTF-8 keeps its bytes', () => {
    const script = new Uint8Array([...new TextEncoder().encode('#!/bin/sh\necho '), 0xe9, 0x0a])

    expect(read({[userdata]: script}).config).toMatchObject({
      write_files: [{encoding: 'b64', content: Buffer.from(script).toString('base64')}],
    })
  })

  test('gzip is decompressed', () => {
    expect(read({[userdata]: gzipSync('#cloud-config\nhostname: gz\n')}).config).toEqual({hostname: 'gz', haos: {}})
  })

  test.each([
    ['gzip that is damaged', gzipSync('hostname: x').subarray(0, 20)],
    ['a MIME archive without its boundary', 'MIME-Version: 1.0\nContent-Type: multipart/mixed\n\n--x\n\nhostname: a\n'],
    ['a list of URLs', '#include\nhttps://example.com/x\n'],
    ['a URL without a line end', '#include https://example.com/x'],
    ['a URL with a Windows line end', '#include https://example.com/x\r\n'],
    ['a script after a byte order mark', '\uFEFF#!/bin/sh\necho hi\n'],
  ])('%s is refused with one problem, and the other sources count', (_, content) => {
    const result = read({[userdata]: content, [system]: 'hostname: h'})

    expect(result.config).toEqual({hostname: 'h', haos: {}})
    expect(result.problems).toEqual([
      {source: userdata, path: '', message: expect.any(String), hint: expect.any(String)},
    ])
  })

  test('a cloud-config that begins with comments such as "#included by hand" is read', () => {
    const text = `#included by hand\n${'\n'.repeat(40)}# for the lab\n\nhostname: c\n`

    expect(read({[userdata]: text})).toMatchObject({config: {hostname: 'c'}, problems: []})
  })
})

describe('texts', () => {
  test('are as written in the file', () => {
    const {config, problems} = read({
      [system]: 'hostname: 007\nhaos:\n  token: 12e34\n  password: 1_000\n  sysctls: {vm.max: 1048576, a.b: on}\n',
    })
    expect(config).toEqual({
      hostname: '007',
      haos: {token: '12e34', password: '1_000', sysctls: {'vm.max': '1048576', 'a.b': 'on'}},
    })
    expect(problems).toEqual([])
  })

  test('a file that is not UTF-8 loses only the invalid values', () => {
    const text = 'hostname: h # caf\xe9\nhaos:\n  token: caf\xe9\n'
    const result = read({[system]: Uint8Array.from(text, (character) => character.charCodeAt(0))})

    expect(result.config).toEqual({hostname: 'h', haos: {}})
    expect(result.problems).toMatchObject([{path: 'haos.token', message: 'is not valid UTF-8', line: 3, column: 10}])
  })

  test('UTF-16 and UTF-8 with a byte order mark are read', () => {
    const wide = new Uint8Array(Buffer.from('\uFEFFhostname: wide\n', 'utf16le'))
    expect(read({[system]: wide}).config).toEqual({hostname: 'wide', haos: {}})
    expect(read({[system]: '\uFEFFhostname: h\n'}).config).toEqual({hostname: 'h', haos: {}})
  })

  test('binary content keeps its bytes and its compression', () => {
    const {config} = read({
      [system]:
        'write_files:\n- {path: /a, content: !!binary //4=}\n- {path: /b, encoding: gzip, content: !!binary H4sIAAAAAAAAA6sAAIMW3IwBAAAA}\n',
    })
    expect(config).toMatchObject({
      write_files: [
        {path: '/a', content: '//4=', encoding: 'b64'},
        {path: '/b', content: 'H4sIAAAAAAAAA6sAAIMW3IwBAAAA', encoding: 'gz+b64'},
      ],
    })
  })

  test.each(['true', 'yes', 'on', '1', 'TRUE', 'Yes', '"on"'])('the flag %s is true', (text) => {
    expect(read({[system]: `haos: {install: {silent: ${text}}}`}).config).toEqual({haos: {install: {silent: true}}})
  })

  test.each(['maybe', '2', '[true]', '""'])('the flag %s is a problem', (text) => {
    expect(pathsOf(read({[system]: `haos: {install: {silent: ${text}, tty: ttyS0}}`}))).toEqual(['haos.install.silent'])
  })
})

describe('the kernel command line', () => {
  test('the bracket form sets a key that contains dots', () => {
    const {config, problems} = read(
      {},
      {
        cmdline:
          'haos.sysctl[kernel.printk]="4 4 1 7" "haos.sysctl[vm.a]=1 2" haos.sysctl["net.b"]=3 haos.sysctl.kernel.c=4 haos.labels[a.b/c]=d',
      },
    )
    expect(config).toEqual({
      haos: {
        sysctls: {'kernel.printk': '4 4 1 7', 'vm.a': '1 2', 'net.b': '3', 'kernel.c': '4'},
        labels: {'a.b/c': 'd'},
      },
    })
    expect(problems).toEqual([])
  })

  test('words of other programs and boot parameters are ignored', () => {
    const cmdline =
      'BOOT_IMAGE=/x root=LABEL=HAOS modules=loop,squashfs haos.mode=install haos.fallback_mode=live haos.trial=15 haos.fellback=1.0 quiet'
    expect(read({}, {cmdline})).toEqual({config: {haos: {}}, problems: []})
  })

  test('a flag needs no value, and a text does', () => {
    const result = read({}, {cmdline: 'haos.install.silent haos.token'})

    expect(result.config).toEqual({haos: {install: {silent: true}}})
    expect(pathsOf(result)).toEqual(['haos.token'])
  })

  test('the last of repeated texts counts, with a problem', () => {
    const result = read({}, {cmdline: 'haos.token=a haos.token=b haos.install.silent haos.install.silent=no'})

    expect(result.config).toEqual({haos: {token: 'b'}})
    expect(pathsOf(result)).toEqual(['haos.token', 'haos.install.silent'])
  })

  test.each([
    ['haos haos.token=t', 'haos'],
    ['haos.labels=x haos.token=t', 'haos.labels'],
    ['haos.wifi.name=x haos.token=t', 'haos.wifi'],
    ['haos.tokn=x haos.token=t', 'haos.tokn'],
    ['k3os.token=x haos.token=t', 'k3os'],
  ])('%s: the unusable word is reported, and the token counts', (cmdline, path) => {
    const result = read({}, {cmdline})

    expect(result.config).toEqual({haos: {token: 't'}})
    expect(pathsOf(result)).toEqual([path])
  })

  test('parameters as deep as the line is long do not exhaust the stack', () => {
    expect(pathsOf(read({}, {cmdline: `haos.labels.${'a.'.repeat(20_000)}b=c`}))).toHaveLength(1)
  })
})

describe('keys', () => {
  test('are accepted in singular and plural, snake and camel case, and in any letter case', () => {
    const {config, problems} = read({
      [system]:
        'RunCmd: [a]\nhaos: {sysctl: {a.b: 1}, dnsNameserver: 1.1.1.1, NTP_SERVERS: [n], ServerURL: "https://s:1"}',
    })
    expect(config).toEqual({
      run_cmd: ['a'],
      haos: {sysctls: {'a.b': '1'}, dns_nameservers: ['1.1.1.1'], ntp_servers: ['n'], server_url: 'https://s:1'},
    })
    expect(problems).toEqual([])
  })

  test('the last of two spellings in the file counts, with a problem at its position', () => {
    const result = read({[system]: 'haos:\n  label: {a: b}\n  labels: {c: d}\n'})

    expect(result.config).toEqual({haos: {labels: {c: 'd'}}})
    expect(result.problems).toMatchObject([{path: 'haos.labels', line: 3, column: 3}])
  })

  test('a later spelling that cannot be read does not unset the earlier one', () => {
    const result = read({[system]: 'haos:\n  label: {a: b}\n  labels: x\n'})

    expect(result.config).toEqual({haos: {labels: {a: 'b'}}})
    expect(pathsOf(result)).toEqual(['haos.labels'])
  })

  test('with the names of prototype members are ordinary keys', () => {
    const result = read({[system]: 'constructor: x\nhaos: {labels: {__proto__: a, toString: b}}'})

    expect(JSON.stringify(result.config)).toBe('{"haos":{"labels":{"__proto__":"a","toString":"b"}}}')
    expect(result.problems).toMatchObject([{path: 'constructor', message: 'is not a known key here'}])
  })

  test('that are merged with << are overridden by explicit ones', () => {
    const {config} = read({[system]: 'base: &b {token: t, password: p}\nhaos: {token: own, <<: *b}'})
    expect(config).toEqual({haos: {token: 'own', password: 'p'}})
  })
})

test('no problem repeats a secret', () => {
  const secret = 'hunter2'
  const text = `haos:\n  token: {${secret}: x}\n  password: "${secret}\\n"\n  wifi:\n  - name: w\n    passphrase: [${secret}]\n  server_url: ${secret}\n`
  const broken = `haos:\n  token: "${secret}\n  password: ${secret}: x\n`

  for (const {problems} of [read({[system]: text}), read({[system]: broken})]) {
    expect(problems.length).toBeGreaterThan(0)
    expect(JSON.stringify(problems)).not.toContain(secret)
  }
})

test('on the kernel command line, a top-level key may begin with the name of the product', () => {
  const {config, problems} = read(
    {'/haos/system/config.yaml': 'hostname: baked\n'},
    {cmdline: 'quiet haos.hostname=wanted'},
  )

  expect(config['hostname']).toBe('wanted')
  expect(problems).toEqual([])
})
