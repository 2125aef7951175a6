import {createHash} from 'node:crypto'
import {load} from 'js-yaml'
import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {MemoryHost} from '../host/memory.ts'
import {runCommand} from './command-line.ts'

function node(config: string) {
  const host = new MemoryHost({
    sha256: (content) => createHash('sha256').update(content).digest('hex'),
  })
  host.put('/haos/system/config.yaml', {content: config})
  host.put('/etc/passwd', {content: 'rancher:x:1000:1000::/home/rancher:/bin/sh\n'})
  host.put('/home/rancher', {type: 'directory', mode: 0o755, uid: 1000, gid: 1000})
  host.put('/etc/issue', {content: 'HAOS \\n \\l\n\n'})
  const printed: string[] = []
  const errors: string[] = []
  const run = (...argv: string[]) =>
    runCommand(argv, {
      host,
      identity: deriveIdentity('haos'),
      version: '1.0',
      print: (line) => printed.push(line),
      printError: (line) => errors.push(line),
    })
  return {host, printed, errors, run}
}

const wrong = 'hostnam: x\nhaos: {password: "hunter22\\nroot:x", token: topsecret}\nwrite_files: [{path: /etc/hosts/x}]'

test('problems are printed to the console, stored, and counted above the login prompt', () => {
  const {host, errors, printed, run} = node(wrong)
  expect(run('config', '--boot')).toBe(1)
  expect(errors.some((line) => line.includes('hostnam ') && line.includes('hostname'))).toBe(true)
  expect(host.read('/etc/issue')).toMatch(
    /^HAOS \\n \\l\nHAOS: \d problems in the configuration\. Log in and run: sudo haos config status\n\n$/,
  )
  printed.length = 0
  expect(run('config', 'status')).toBe(1)
  expect(printed.length).toBeGreaterThan(1)
  expect(JSON.parse(host.read('/run/haos/problems.json') ?? '').boot).toHaveLength(
    printed.filter((line) => !line.startsWith('Phase ')).length,
  )
})

test('a fixed mistake is no longer counted above the login prompt', () => {
  const {host, run} = node(wrong)
  run('config', '--boot')
  host.put('/haos/system/config.yaml', {content: ''})
  run('config', '--boot')
  expect(host.read('/etc/issue')).toBe('HAOS \\n \\l\n\n')
})

test('no secret is printed, stored in problems.json or passed on a command line', () => {
  const {host, errors, printed, run} = node(wrong)
  run('config', '--boot')
  run('config', '--dry-run')
  const seen = JSON.stringify([
    errors,
    printed,
    host.read('/run/haos/problems.json'),
    host.commands.map(({argv}) => argv),
  ])
  expect(seen).not.toMatch(/hunter22|topsecret/)
})

test('a mistake counts once, although each phase reports it', () => {
  const {printed, run} = node('hostnam: x')
  run('config', '--initrd')
  run('config', '--boot')
  run('config', 'status')
  expect(printed.filter((line) => line.includes('hostnam '))).toHaveLength(1)
})

test('two phases are applied in the order of a boot, whatever the order of the flags', () => {
  const {host, run} = node('init_cmd: [one]\nboot_cmd: [two]')
  expect(run('config', '--boot', '--initrd')).toBe(0)
  expect(host.commands.map(({argv}) => argv.at(-1))).toEqual(['one', 'two'])
  expect(Object.keys(JSON.parse(host.read('/run/haos/problems.json') ?? ''))).toEqual(['initrd', 'boot'])
})

test('a dry run changes nothing and prints what would change', () => {
  const {host, printed, run} = node(
    'write_files: [{path: /etc/x/y, content: hidden, permissions: "0600"}]\nboot_cmd: [reboot]',
  )
  const before = new Map(host.entries)
  expect(run('config', '--boot', '--dry-run')).toBe(0)
  expect(host.entries).toEqual(before)
  expect(host.commands).toEqual([])
  expect(printed.join('\n')).toContain('create directory /etc/x (0755)\n  write /etc/x/y (0600, 0:0, 6 bytes)')
  expect(printed.join('\n')).not.toContain('hidden')
})

test('a dump is YAML that parses to the JSON dump', () => {
  const config =
    'hostname: "yes"\nboot_cmd: ["a: b", "- c", "#"]\nwrite_files: [{path: /a, content: "x\\ny: \\"z\\"\\n"}]\nhaos: {labels: {n: "1"}}'
  const {printed, run} = node(config)
  run('config', '--dump')
  run('config', '--dump-json')
  const [yaml = '', json = ''] = printed
  expect(load(yaml)).toEqual(JSON.parse(json))
  expect(JSON.parse(json)).toMatchObject({
    hostname: 'yes',
    boot_cmd: ['a: b', '- c', '#'],
    haos: {labels: {n: '1'}},
  })
})

test('a node that was never configured reports that', () => {
  const {printed, run} = node('')
  expect(run('config', 'status')).toBe(3)
  expect(printed).toEqual(['No configuration has been applied since the machine was started.'])
})

test('the status names the phases that have not run yet, and the one that runs or was interrupted', () => {
  const {host, printed, run} = node('run_cmd: [x]')
  const status = () => {
    printed.length = 0
    return [run('config', 'status'), ...printed]
  }
  const itself = (pid: number, start: number) => `${pid} (qjs (x) y) R 1 ${'0 '.repeat(17)}${start} 0\n`
  for (const phase of ['initrd', 'boot']) expect(run('config', `--${phase}`)).toBe(0)
  expect(status()).toEqual([3, 'Phase runtime has not run since the machine was started.'])

  host.put('/proc/self/stat', {content: itself(77, 500)})
  host.put('/proc/77/stat', {content: itself(77, 500)})
  let seen: unknown
  host.run = () => {
    seen ??= status()
    return {status: 0, stdout: ''}
  }
  expect(run('config')).toBe(0)
  expect(seen).toEqual([3, 'Phase runtime is running.'])
  expect(status()).toEqual([0, 'The configuration was applied without problems.'])

  host.put('/run/haos/phase.running', {content: 'runtime 77 500\n'})
  host.put('/proc/77/stat', {content: itself(77, 900)})
  expect(status()).toEqual([3, 'Phase runtime was interrupted.'])
})

test('a rehearsal reports no failure of what it has not run', () => {
  const {host, printed, run} = node('haos: {data_sources: [vultr], modules: [kvm]}')
  host.put('/haos/system/growpart', {content: ''})
  host.put('/proc/self/mounts', {content: '/dev/vda2 /run/haos/state ext4 rw,relatime 0 0\n'})
  host.put('/sys/class/block/vda2/partition', {content: '2\n'})
  const release = {name: 'k3s', version: 'v1', path: '/var/lib/k3s', url: 'https://h/k3s', sha256: 'a'.repeat(64)}
  host.put('/usr/lib/haos/kubernetes.json', {content: JSON.stringify(release)})
  host.put('/run/haos/mode', {content: 'disk\n'})
  // Nothing else is really run.
  host.run = (argv) => ({status: argv[0] === 'lsblk' ? 0 : expect.fail(), stdout: '/dev/vda\n'})
  const statuses = ['initrd', 'boot', 'runtime'].map((phase) => run('config', '--dry-run', `--${phase}`))

  expect(printed.filter((line) => !/^ {2}|^Phase/.test(line))).toEqual([])
  expect(statuses).toEqual([0, 0, 0])
})

test('an installed system is sealed for copying, and a live one cannot be', () => {
  const {host, errors, run} = node('')
  host.put('/run/haos/mode', {content: 'live\n'})
  expect(run('seal')).toBe(1)
  expect(errors.at(-1)).toContain('only an installed system')

  host.put('/run/haos/mode', {content: 'disk\n'})
  expect(run('seal')).toBe(0)
  expect(host.list('/haos/system')).toEqual(['config.yaml', 'growpart', 'seal'])
})
