import {spawnSync} from 'node:child_process'
import {mkdirSync, readFileSync, statSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {scratchDirectory} from '../../../test/scratch.ts'

/* The interfaces that other programs call: what they print is fixed, key by key. Through the real command line. */

const program = join(import.meta.dirname, '../../start.ts')

function haosBuild(...args: readonly string[]) {
  const {status, stdout, stderr} = spawnSync(process.execPath, [program, 'config', ...args], {encoding: 'utf8'})
  return {status, stdout, stderr}
}

function json(...args: readonly string[]): unknown {
  const {status, stdout, stderr} = haosBuild(...args, '--json')
  expect({status, stderr}).toEqual({status: 0, stderr: ''})
  return JSON.parse(stdout)
}

function tree(files: Readonly<Record<string, string>>): string {
  const root = scratchDirectory()
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), {recursive: true})
    writeFileSync(join(root, path), content)
  }
  return root
}

describe('config render', () => {
  test('prints the merged configuration with the key names of the file, and the problems', () => {
    const root = tree({
      'haos/system/config.yaml': 'hostname: system\nhaos: {token: t, modules: [a], install: {tty: ttyS0}}\n',
      'var/lib/rancher/haos/config.yaml': 'haos: {install: {silent: maybe}}\n',
      'var/lib/rancher/haos/config.d/10': 'writeFile: [{path: /a}]\n',
      'run/config/userdata': '#cloud-config\nhostname: userdata\n',
    })
    expect(json('render', '--root', root, '--cmdline', 'haos.module=kvm haos.sysctl[a.b]="c d"')).toEqual({
      config: {
        hostname: 'userdata',
        write_files: [{path: '/a', content: '', encoding: '', owner: '', permissions: ''}],
        haos: {token: 't', modules: ['kvm'], sysctls: {'a.b': 'c d'}, install: {tty: 'ttyS0'}},
      },
      problems: [
        {
          source: '/var/lib/rancher/haos/config.yaml',
          path: 'haos.install.silent',
          message: 'must be true or false',
          hint: 'Write "true" or "false".',
          line: 1,
          column: 26,
        },
      ],
    })
  })

  test('reads the kernel command line below the directory if none is given', () => {
    const root = tree({'proc/cmdline': 'rke2os.token=x quiet\n', 'rke2os/system/config.yaml': 'hostname: h\n'})
    expect(json('render', '--root', root, '--identity', 'rke2os')).toEqual({
      config: {hostname: 'h', rke2os: {token: 'x'}},
      problems: [],
    })
  })

  test('refuses a path that is not a directory', () => {
    expect(haosBuild('render', '--root', join(scratchDirectory(), 'missing'), '--json')).toMatchObject({
      status: 2,
      stdout: expect.stringContaining('"hint"'),
    })
  })
})

describe('config apply', () => {
  test('neither waits for a pipe among the configs nor replaces one with a file', () => {
    const root = tree({
      'haos/system/config.yaml': 'write_files: [{path: /run/pipe, content: x}]\n',
      'var/lib/rancher/haos/config.d/10': '',
    })
    for (const path of ['run/pipe', 'var/lib/rancher/haos/config.d/20']) {
      mkdirSync(dirname(join(root, path)), {recursive: true})
      spawnSync('mkfifo', [join(root, path)])
    }
    expect(json('apply', '--root', root, '--phase', 'boot')).toMatchObject({
      problems: [{path: 'write_files[0]', message: expect.stringContaining('a device or a pipe')}],
    })
    expect(statSync(join(root, 'run/pipe')).isFIFO()).toBe(true)
  })

  test('writes below the directory, lists programs with their input, and shows the process that would run', () => {
    const root = tree({
      'etc/passwd': 'rancher:x:1000:1000::/home/rancher:/bin/bash\n',
      'sbin/k3s': '',
      'run/haos/mode': 'disk\n',
      'haos/system/config.yaml': `
write_files: [{path: /etc/motd, content: hi, owner: root, permissions: "0640"}]
boot_cmd: [echo a, echo b]
haos: {password: p, token: s, server_url: "https://x:6443", labels: {z: "1", a: "2"}, taints: ["k=v:NoSchedule"], environment: {E: e}}
`,
    })
    const applied = json('apply', '--phase', 'boot', '--root', root, '--cmdline', '', '--offline')
    expect(applied).toEqual({
      actions: expect.arrayContaining([
        {applier: 'write_files', outcome: 'changed'},
        // The service is told, and made in the phase runtime.
        {applier: 'kubernetes', outcome: 'unchanged'},
      ]),
      commands: [
        {argv: ['chpasswd'], env: {}, stdin: 'rancher:p'},
        {argv: ['sh', '-c', 'echo a'], env: {E: 'e'}},
        {argv: ['sh', '-c', 'echo b'], env: {E: 'e'}},
      ],
      services: [
        {
          name: 'k3s',
          argv: [
            ...['k3s', 'agent', '--node-label', 'a=2', '--node-label', 'haos.io/mode=disk'],
            ...['--node-label', expect.stringMatching(/^haos\.io\/version=\d/), '--node-label', 'z=1'],
            ...['--node-taint', 'k=v:NoSchedule'],
          ],
          env: {E: 'e', K3S_URL: 'https://x:6443', K3S_TOKEN: 's'},
        },
      ],
      problems: [expect.objectContaining({source: 'phase boot', path: 'ssh_authorized_keys'})],
    })
    expect(readFileSync(join(root, 'etc/motd'), 'utf8')).toBe('hi')
    expect(statSync(join(root, 'etc/motd')).mode & 0o777).toBe(0o640)
  })

  test('prints no secret in text output', () => {
    const root = tree({'haos/system/config.yaml': 'haos: {password: secret-p, token: secret-t}\n', 'sbin/k3s': ''})
    const {stdout, stderr} = haosBuild('apply', '--phase', 'boot', '--root', root)
    expect(stdout).toContain('would run  "chpasswd"')
    expect(stdout + stderr).not.toContain('secret-')
  })
})

describe('config validate', () => {
  test('prints the position of each mistake, and exits with 2', () => {
    const root = tree({'good.yaml': 'hostname: h\n', 'bad.yaml': 'hostname: h\nhaos:\n  tokn: t\n'})
    const [good, bad] = [join(root, 'good.yaml'), join(root, 'bad.yaml')]
    expect(haosBuild('validate', good, bad)).toMatchObject({
      status: 2,
      stdout: `${bad}:3:3: haos.tokn is not a known key here (Did you mean "token"?)\n`,
    })
    const {status, stdout} = haosBuild('validate', '--json', bad)
    expect(status).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({
      valid: false,
      files: [bad],
      problems: [{source: bad, path: 'haos.tokn', line: 3, column: 3}],
    })
  })

  test('reads standard input for the file name -', () => {
    const input = 'hostname: h\nhaos: {tokn: t}\n'
    const {status, stdout} = spawnSync(process.execPath, [program, 'config', 'validate', '-'], {
      encoding: 'utf8',
      input,
    })
    expect({status, stdout}).toEqual({
      status: 2,
      stdout: 'standard input:2:8: haos.tokn is not a known key here (Did you mean "token"?)\n',
    })
  })

  test('reads a file of another product by its name, and names a file that cannot be read', () => {
    const root = tree({'config.yaml': 'rke2os: {rke2_args: [server]}\n'})
    expect(haosBuild('validate', '--identity', 'rke2os', join(root, 'config.yaml'))).toMatchObject({status: 0})
    expect(haosBuild('validate', join(root, 'none.yaml'))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('none.yaml cannot be read'),
    })
  })
})

describe('config schema', () => {
  test('is a JSON Schema that describes every key', () => {
    const {stdout, status} = haosBuild('schema', '--identity', 'rke2os')
    expect(status).toBe(0)
    const schema: unknown = JSON.parse(stdout)
    expect(schema).toMatchObject({$schema: 'https://json-schema.org/draft/2020-12/schema'})
    expect(schema).toHaveProperty('properties.rke2os.properties.rke2_args')
    expect(undescribed(schema)).toEqual([])
  })
})

/** Keys without a description. */
function undescribed(schema: unknown, path = ''): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([key, value]: [string, unknown]) => {
    if (key !== 'properties' || typeof value !== 'object' || value === null) return undescribed(value, path)
    return Object.entries(value).flatMap(([name, property]: [string, unknown]) => {
      const place = `${path}.${name}`
      const own = typeof property === 'object' && property !== null && 'description' in property ? [] : [place]
      return [...own, ...undescribed(property, place)]
    })
  })
}
