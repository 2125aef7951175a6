import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import type {RunOptions, RunResult} from '#runtime'
import {MountedVolume} from '../../test/mounted-volume.ts'
import {failed, ProgramHost} from '../../test/program-host.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {configWatcher} from './config-watcher.ts'
import {nodeObject} from './node-object.ts'

const kubectl = 'k3s kubectl --kubeconfig /var/lib/rancher/k3s/agent/kubelet.kubeconfig --request-timeout=10s'
const rke2Kubectl =
  '/var/lib/rancher/rke2/bin/kubectl --kubeconfig /var/lib/rancher/rke2/agent/kubelet.kubeconfig --request-timeout=10s'

/** A node that keeps the programs which were run on it. */
class WatchedNode extends ProgramHost {
  ran: string[] = []

  override run(argv: readonly string[], options?: RunOptions): RunResult {
    this.ran.push(argv.join(' '))
    return super.run(argv, options)
  }
}

/** A pod with both mounts, on a node called edge-1. */
function pod({role = 'agent', labels = {}}: {role?: 'server' | 'agent'; labels?: Record<string, string>} = {}) {
  const scratch = scratchDirectory()
  const config = new MountedVolume(join(scratch, 'pod/config'))
  const secret = new MountedVolume(join(scratch, 'pod/secret'))
  const root = join(scratch, 'node')
  const directory = join(root, 'var/lib/rancher/haos/config.d/50-cluster')
  const put = (path: string, text: string) => {
    mkdirSync(join(root, path, '..'), {recursive: true})
    writeFileSync(join(root, path), text)
  }
  put('etc/passwd', 'root:x:0:0::/root:/bin/sh\nrancher:x:1000:1000::/home/rancher:/bin/sh\n')
  put('proc/sys/kernel/random/boot_id', 'boot-1\n')
  if (role === 'server') put('etc/rancher/k3s/k3s.yaml', '')
  const node = new WatchedNode(root, {
    '/usr/bin/haos config': '',
    [`${kubectl} get node edge-1`]: JSON.stringify(labels),
    [`${kubectl} annotate`]: '',
  })
  const identity = deriveIdentity('haos')
  const printed: string[] = []
  const start = () =>
    configWatcher({
      pod: new ProgramHost(join(scratch, 'pod')),
      mounts: {config: '/config', secret: '/secret'},
      node,
      object: nodeObject(node, identity, 'edge-1'),
      identity,
      name: 'edge-1',
      print: (line) => void printed.push(line),
    })
  let look = start()
  /** Looks once, and gives the annotations that are then on the node, and how often a phase was applied. */
  const seen = () => {
    node.ran = []
    look()
    const [, text = ''] = node.ran.find((line) => line.includes(' annotate '))?.split(' node edge-1 ') ?? []
    const words = text.split(/ (?=haos\.io\/)/).filter((word) => word !== '')
    const annotations = Object.fromEntries(
      words.flatMap((word) => {
        const [, key = '', value] = /^haos\.io\/config-([a-z-]+?)(?:-|=(.*))$/s.exec(word) ?? []
        return value === undefined || key === 'applied-at' ? [] : [[key, value]]
      }),
    )
    return {annotations, phases: node.ran.filter((line) => line === '/usr/bin/haos config').length}
  }
  const files = () => (existsSync(directory) ? readdirSync(directory).sort() : [])
  const restart = () => {
    look = start()
  }
  return {config, secret, node, root, directory, put, printed, seen, files, restart}
}

test('parts for all, a role, a label and a node are applied in that order, and those of others are not', () => {
  const {config, secret, seen, files, directory} = pod({
    role: 'server',
    labels: {'topology.kubernetes.io/zone': 'eu-1'},
  })
  config.update({
    'all.yaml': 'hostname: a',
    'server.yaml': 'hostname: b',
    'agent.yaml': 'hostname: c',
    'label.topology.kubernetes.io_zone.eu-1.yaml': 'hostname: d',
    'label.topology.kubernetes.io_zone.eu-2.yaml': 'hostname: e',
    'node.edge-1.yaml': 'hostname: f',
    'node.edge-2.yaml': 'hostname: g',
    '60-all.yaml': 'haos: {modules: [kvm]}',
  })
  secret.update({'all.yaml': 'haos: {password: x}'})
  const {annotations, phases} = seen()
  expect(phases).toBe(1)
  expect(files()).toEqual([
    '50-0-config-all.yaml',
    '50-0-secret-all.yaml',
    '50-1-config-server.yaml',
    '50-2-config-label.topology.kubernetes.io_zone.eu-1.yaml',
    '50-3-config-node.edge-1.yaml',
    '60-0-config-60-all.yaml',
  ])
  expect(annotations).toMatchObject({applied: expect.stringMatching(/^sha256:[0-9a-f]{64}$/)})
  expect(annotations['parts']?.split(' ')).toHaveLength(6)
  for (const name of files()) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600)
  expect(seen()).toEqual({annotations: {}, phases: 0})
})

test('a node that was a server before is an agent', () => {
  const {config, seen, put} = pod({role: 'server'})
  put('etc/init.d/k3s', '#!/sbin/openrc-run\narg_0=agent\n')
  config.update({'agent.yaml': 'hostname: a', 'server.yaml': 'hostname: b'})
  expect(seen().annotations).toMatchObject({parts: 'agent.yaml'})
})

test('a mistake in a part of the node refuses all of them, the last good ones stay, and the node says what is wrong', () => {
  const {config, seen, files, directory} = pod()
  config.update({'all.yaml': 'hostname: good'})
  const good = seen().annotations
  config.update({'all.yaml': 'hostname: better', 'agent.yaml': 'hostnam: bad', 'server.yaml': 'neither: here'})
  const {annotations, phases} = seen()
  expect(phases).toBe(0)
  expect(annotations).toEqual({
    applied: good['applied'],
    parts: 'all.yaml',
    refused: expect.stringMatching(/^sha256:/),
    problems: expect.stringMatching(/^ConfigMap agent\.yaml:1:1: hostnam .*hostname/),
  })
  expect(readFileSync(join(directory, files()[0] ?? ''), 'utf8')).toBe('hostname: good')

  config.update({'all.yaml': 'hostname: better'})
  const better = seen()
  expect(better).toMatchObject({phases: 1, annotations: {parts: 'all.yaml'}})
  expect(better.annotations).not.toHaveProperty('problems')
})

test.each(['servers.yaml', 'all', 'label.yaml', 'all.yml', '100-all.yaml', 'node..yaml.txt'])(
  'the name %s is for no node, and refuses everything',
  (key) => {
    const {config, seen, files} = pod()
    config.update({'all.yaml': 'hostname: a', [key]: ''})
    expect(seen().annotations['problems']).toContain(`ConfigMap ${key}: is for no node`)
    expect(files()).toEqual([])
  },
)

test('the parts of a ConfigMap that is gone are taken back, files of others are not', () => {
  const {config, seen, put, root} = pod()
  put('var/lib/rancher/haos/config.d/90-mine.yaml', 'hostname: mine')
  config.update({'all.yaml': 'hostname: a', 'agent.yaml': 'run_cmd: [x]'})
  seen()
  config.update({})
  expect(seen()).toMatchObject({phases: 1, annotations: {applied: 'none'}})
  expect(readdirSync(join(root, 'var/lib/rancher/haos/config.d'))).toEqual(['90-mine.yaml'])
  expect(readdirSync(join(root, 'var/lib/rancher/haos/cluster-config'))).toEqual([])
})

test('a node without parts reports that, and applies nothing', () => {
  const {seen, files} = pod()
  expect(seen()).toEqual({annotations: {applied: 'none'}, phases: 0})
  expect(files()).toEqual([])
})

test('a directory that is not mounted is an error, and never a removed ConfigMap', () => {
  const {config, seen, files} = pod()
  config.update({'all.yaml': 'hostname: a'})
  seen()
  rmSync(config.directory, {recursive: true})
  expect(seen).toThrow('/config is not mounted')
  expect(files()).toHaveLength(1)
})

test('a restarted pod applies nothing twice, and a pod that was ended in the phase applies it again', () => {
  const {config, seen, node, restart, printed} = pod()
  config.update({'all.yaml': 'hostname: a'})
  seen()
  restart()
  expect(seen()).toMatchObject({phases: 0, annotations: {parts: 'all.yaml'}})

  node.answers = {...node.answers, '/usr/bin/haos config': 'unused'}
  config.update({'all.yaml': 'hostname: b'})
  node.run = (argv, options) => {
    if (argv[0] === '/usr/bin/haos') throw new Error('ended')
    return ProgramHost.prototype.run.call(node, argv, options)
  }
  seen()
  expect(printed.at(-1)).toBe('ended')
  Reflect.deleteProperty(node, 'run')
  restart()
  expect(seen()).toMatchObject({phases: 1, annotations: {parts: 'all.yaml'}})
})

test('a file that somebody has changed on the node is written again', () => {
  const {config, seen, directory, files, restart} = pod()
  config.update({'all.yaml': 'hostname: a'})
  seen()
  writeFileSync(join(directory, files()[0] ?? ''), 'hostname: b')
  restart()
  expect(seen().phases).toBe(1)
  expect(readFileSync(join(directory, files()[0] ?? ''), 'utf8')).toBe('hostname: a')
})

test('what takes effect at a boot is reported until the node has booted', () => {
  const {config, seen, put, restart} = pod()
  config.update({'all.yaml': 'haos: {modules: [kvm], sysctls: {vm.swappiness: "1"}}'})
  expect(seen().annotations).not.toHaveProperty('reboot-needed')
  config.update({'all.yaml': 'boot_cmd: [x]\nhaos: {modules: [nvme], sysctls: {vm.swappiness: "2"}}'})
  expect(seen().annotations).toMatchObject({'reboot-needed': 'boot_cmd haos.modules'})
  config.update({'all.yaml': 'boot_cmd: [x]\nhaos: {modules: [nvme], sysctls: {vm.swappiness: "3"}}'})
  expect(seen().annotations).toMatchObject({'reboot-needed': 'boot_cmd haos.modules'})

  put('proc/sys/kernel/random/boot_id', 'boot-2\n')
  restart()
  expect(seen().annotations).not.toHaveProperty('reboot-needed')
})

test('problems of the phase are on the node object, and secrets are not', () => {
  const {config, secret, put, seen} = pod()
  const problem = {source: 'phase runtime', path: 'run_cmd[0]', message: 'failed'}
  put('run/haos/problems.json', JSON.stringify({runtime: [problem]}))
  config.update({'all.yaml': 'run_cmd: ["false"]'})
  secret.update({'all.yaml': 'haos: {token: hunter22, passwort: topsecret}'})
  const refused = seen().annotations
  expect(refused['problems']).toContain('Secret all.yaml:1:')
  expect(JSON.stringify(refused)).not.toMatch(/hunter22|topsecret/)
  secret.update({'all.yaml': 'haos: {token: hunter22}'})
  expect(seen().annotations).toMatchObject({problems: 'phase runtime: run_cmd[0] failed'})
})

test('without the API, labels are those that were last known, and the report is made up for', () => {
  const {config, node, seen, files, restart} = pod({labels: {gpu: 'yes'}})
  config.update({'label.gpu.yaml': 'haos: {modules: [nvidia]}'})
  seen()
  const answers = node.answers
  node.answers = Object.fromEntries(Object.keys(answers).map((key) => [key, key.startsWith('k3s') ? failed : '']))
  config.update({'label.gpu.yes.yaml': 'haos: {modules: [nouveau]}'})
  restart()
  expect(seen().phases).toBe(1)
  expect(files()).toEqual(['50-2-config-label.gpu.yes.yaml'])
  node.answers = answers
  const later = Array.from({length: 10}, () => seen()).filter(({annotations}) => 'parts' in annotations)
  expect(later).toEqual([{phases: 0, annotations: expect.objectContaining({parts: 'label.gpu.yes.yaml'})}])
})

test('a node of rke2os is configured and reports under its own names', () => {
  const scratch = scratchDirectory()
  const identity = deriveIdentity('rke2os')
  const [config] = ['config', 'secret'].map((name) => new MountedVolume(join(scratch, 'pod', name)))
  mkdirSync(join(scratch, 'node/var/lib/rancher/rke2/bin'), {recursive: true})
  writeFileSync(join(scratch, 'node/var/lib/rancher/rke2/bin/kubectl'), '')
  mkdirSync(join(scratch, 'node/etc/rancher/rke2'), {recursive: true})
  writeFileSync(join(scratch, 'node/etc/rancher/rke2/rke2.yaml'), '')
  config?.update({'server.yaml': 'rke2os: {modules: [kvm]}'})
  const node = new WatchedNode(join(scratch, 'node'), {'/usr/bin/rke2os config': '', [`${rke2Kubectl} annotate`]: ''})
  configWatcher({
    pod: new ProgramHost(join(scratch, 'pod')),
    mounts: {config: '/config', secret: '/secret'},
    node,
    object: nodeObject(node, identity, 'edge-1'),
    identity,
    name: 'edge-1',
    print: () => {},
  })()
  expect(node.ran.filter((line) => line.startsWith('/'))).toEqual([
    '/usr/bin/rke2os config',
    expect.stringMatching(
      /^\S+kubectl .* annotate --overwrite node edge-1 rke2os\.io\/config-applied=sha256:.* rke2os\.io\/config-parts=server\.yaml /,
    ),
  ])
  expect(readdirSync(join(scratch, 'node/var/lib/rancher/rke2os/config.d/50-cluster'))).toEqual([
    '50-1-config-server.yaml',
  ])
})
