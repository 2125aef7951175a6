import type {Identity} from '#dsl'
import {systemPaths} from '#layout'
import {readProblems} from '../apply/problems/store.ts'
import type {Host} from '../host/host.ts'
import {isAgent, whyNotReady} from './readiness.ts'
import {missingRelease, namedRelease, partOf, type Release} from './release.ts'

/** How far Kubernetes has come on this node. */
export interface KubernetesState {
  readonly isReady: boolean
  /** One line for people. */
  readonly text: string
}

/** Finds out how far Kubernetes has come. Only root can ask one that runs whether it is ready. */
export function kubernetesState(host: Host, identity: Identity, {asRoot = true} = {}): KubernetesState {
  const {kubernetes: name, title} = identity
  const places = [`/sbin/${name}`, `/usr/bin/${name}`, `/usr/local/bin/${name}`]
  if (places.every((path) => host.lstat(path) === undefined))
    return notReady(
      `This ${title} contains no Kubernetes: build the image with ${name}(), or install /usr/local/bin/${name}.`,
    )
  const missing = missingRelease({host, identity})
  if (missing !== undefined) return notReady(fetching(host, identity, missing))
  const label = `${name}${versionOf(host, identity)}`
  const script = host.read(`/etc/init.d/${name}`)
  if (host.lstat(`/etc/runlevels/default/${name}`) === undefined || script === undefined) {
    const reason = whyNot(host, identity, ` ${name} is not `)
    return notReady(
      reason === undefined && !hasEnded(host, identity)
        ? `${label} starts once the configuration is applied.`
        : `${label} is not started: ${reason ?? `\`${identity.name} config status\` says why`}.`,
    )
  }
  const asAgent = isAgent(script)
  const role = asAgent ? 'an agent' : 'a server'
  if (!asRoot)
    return notReady(`${label} runs as ${role}: \`sudo ${identity.name} kubernetes\` tells whether it is ready.`)
  const why = whyNotReady(host, identity)
  if (why === undefined)
    return {
      isReady: true,
      text: `${label} is ready: this node is ${role}${asAgent ? ', and kubectl works on servers' : ''}.`,
    }
  return notReady(`${label} is starting as ${role}: ${why}. Its log is /var/log/${name}.log.`)
}

const notReady = (text: string): KubernetesState => ({isReady: false, text})

function fetching(host: Host, identity: Identity, release: Release): string {
  const label = `${release.name} ${release.version}`
  const reason = whyNot(host, identity, `${label} `)
  if (reason !== undefined && hasEnded(host, identity))
    return `${reason}. \`sudo ${identity.name} config\` tries again.`
  const {file, size} = partOf(release)
  const done = host.lstat(file)?.sizeBytes
  if (done === undefined) return `${label} is fetched once the network is up.`
  const total = Number(host.read(size))
  const much = total > 0 ? `${Math.min(99, Math.floor((done / total) * 100))} %` : `${Math.floor(done / 2 ** 20)} MiB`
  return `${label} is being fetched: ${much} so far.`
}

/** Whether the phase that starts Kubernetes was applied since the machine was started. */
const hasEnded = (host: Host, identity: Identity): boolean =>
  readProblems(host, identity)?.phases.includes('runtime') ?? false

const whyNot = (host: Host, identity: Identity, words: string): string | undefined =>
  readProblems(host, identity)?.problems.find(({message}) => message.includes(words))?.message

function versionOf(host: Host, identity: Identity): string {
  const version =
    namedRelease(host, identity)?.version ??
    host
      .run(['readlink', '-f', systemPaths(identity).kubernetes.current])
      .stdout.trim()
      .split('/')
      .at(-1)
  return version === undefined || !version.startsWith('v') ? '' : ` ${version}`
}
