import type {NodeConfig} from '#dsl'
import {type Applier, type Node, type Outcome, outcomeOf} from '../apply/applier.ts'
import {configFilesOf} from '../config/config-files-of.ts'
import {readMachineFacts} from '../config/nodes/machine-facts.ts'
import {fillPlaceholders} from '../config/nodes/placeholders.ts'
import {type Host, mkdirAll, renderStatus} from '../host/host.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'

/** Longest name that the kernel accepts (sethostname(2), HOST_NAME_MAX); valid names are ASCII. */
const longest = 64

/** Host names that clusters, certificates and name servers accept (RFC 1123). */
const valid = /^(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*$/

const cloudDirectory = '/run/config'

/**
 * Sets the host name: in the kernel, in /etc/hostname, and for 127.0.1.1 in /etc/hosts. Runs in every phase, before
 * anything registers.
 *
 * If the config sets no name, the cloud's name is used. It is kept for the next boot, when the cloud may not answer: a
 * node under another name is another node to its cluster.
 */
export const hostname: Applier = {
  name: 'hostname',
  keys: ['hostname'],
  apply(config, node) {
    const name = fillIn(config.hostname ?? '', node) || (node.host.read(`${cloudDirectory}/hostname`) ?? '').trim()
    return name === '' ? undefined : applyName(name, config, node)
  },
}

/**
 * The name with the facts of the machine in it (dsl/node-config/hostname.ts). Throws an Error if the machine lacks one: the
 * present name then stays, since half a name may be that of another node.
 */
function fillIn(name: string, {host}: Node): string {
  if (!name.includes('${')) return name
  const {mac, serial, uuid} = readMachineFacts(configFilesOf(host), undefined)
  const facts = {mac: mac[0]?.replaceAll(':', ''), serial: asLabel(serial[0]), uuid: asLabel(uuid[0])}
  const filled = fillPlaceholders({kind: 'text', text: name}, {hostname: undefined, index: undefined, ...facts})
  if (filled.kind !== 'text') return name
  if (filled.damage !== undefined) throw new Error(`was not set: it ${filled.damage.message}`)
  return filled.text
}

/** Serial numbers hold blanks and slashes. */
const asLabel = (fact: string | undefined): string | undefined =>
  fact
    ?.toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '') || undefined

function applyName(name: string, config: NodeConfig, node: Node): Outcome {
  const {host} = node
  if (name.length > longest) throw new Error(`is longer than the ${longest} bytes that the kernel accepts`)
  if (!valid.test(name)) throw new Error('was not set: it is not a valid host name (RFC 1123)')
  const running = host.read('/proc/sys/kernel/hostname')?.trim()
  if (running !== name) {
    const {status} = host.run(['hostname', name])
    if (status !== 0) throw new Error(`could not be set: hostname ${renderStatus(status)}`)
  }
  // If write_files sets /etc/hostname in the same phase, its content wins.
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

/** Stage 0 sets the host name from this file, before anything else does. */
function keep({host, identity}: Node, name: string): boolean {
  mkdirAll(host, identity.localDir)
  return writeIfChanged(host, `${identity.localDir}/hostname`, `${name}\n`)
}

/**
 * /etc/hosts with one line for the name, as on Debian: for 127.0.1.1, separate from localhost, full name first
 * (hosts(5)).
 */
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
