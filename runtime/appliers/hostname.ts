import type {NodeConfig} from '#dsl'
import {type Applier, type Node, type Outcome, outcomeOf} from '../apply/applier.ts'
import {type Host, mkdirAll, renderStatus} from '../host/host.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'

/** Longest name that the kernel takes (sethostname(2), HOST_NAME_MAX); valid names are ASCII. */
const longest = 64

/** What a cluster, a certificate and a name server take as the name of a host (RFC 1123). */
const valid = /^(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*$/

const cloudDirectory = '/run/config'

/**
 * Names the node: the kernel, /etc/hostname, and 127.0.1.1 in /etc/hosts. Runs in every phase, before anything registers.
 *
 * Where the config gives no name, a cloud's counts. What only a cloud knows is kept for the next boot, at which it may
 * not answer: a node under another name is another node to its cluster.
 */
export const hostname: Applier = {
  name: 'hostname',
  keys: ['hostname'],
  apply(config, node) {
    const name = config.hostname || (node.host.read(`${cloudDirectory}/hostname`) ?? '').trim()
    return name === '' ? undefined : applyName(name, config, node)
  },
}

function applyName(name: string, config: NodeConfig, node: Node): Outcome {
  const {host} = node
  if (name.length > longest) throw new Error(`is longer than the ${longest} bytes that the kernel takes`)
  if (!valid.test(name)) throw new Error('was not set: it is no host name (RFC 1123)')
  const running = host.read('/proc/sys/kernel/hostname')?.trim()
  if (running !== name) {
    const {status} = host.run(['hostname', name])
    if (status !== 0) throw new Error(`could not be set: hostname ${renderStatus(status)}`)
  }
  // A file that the user writes in the same phase is not written twice with different contents.
  const isWritten = config.write_files?.some(({path}) => path === '/etc/hostname') ?? false
  return outcomeOf(
    running !== undefined && running !== name,
    !isWritten && writeIfChanged(host, '/etc/hostname', `${name}\n`),
    writeIfChanged(host, '/etc/hosts', renderHosts(host.read('/etc/hosts'), name)),
    hasCloud(host) && keep(node, name),
  )
}

const hasCloud = (host: Host): boolean =>
  ['userdata', 'hostname'].some((file) => host.lstat(`${cloudDirectory}/${file}`))

/** Stage 0 names the machine after this file, before anything else does. */
function keep({host, identity}: Node, name: string): boolean {
  mkdirAll(host, identity.localDir)
  return writeIfChanged(host, `${identity.localDir}/hostname`, `${name}\n`)
}

/** /etc/hosts with one line for the name, as Debian's policy has it: 127.0.1.1, apart from localhost; the full name first (hosts(5)). */
function renderHosts(found: string | undefined, name: string): string {
  const [short = ''] = name.split('.')
  const own = `127.0.1.1 ${name}${short === name ? '' : ` ${short}`}`
  if (found === undefined) return `127.0.0.1 localhost\n${own}\n::1 localhost\n`
  const lines = found
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => line.trim())
  const isOwn = (line: string) => /^127\.0\.1\.1(?:\s|$)/.test(line)
  if (lines.some(isOwn)) return `${lines.map((line) => (isOwn(line) ? own : line)).join('\n')}\n`
  const local = lines.findLastIndex((line) => /^127\.0\.0\.1\s/.test(line))
  return `${lines.toSpliced(local + 1, 0, own).join('\n')}\n`
}
