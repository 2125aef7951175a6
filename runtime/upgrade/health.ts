import type {Identity} from '#dsl'
import {phaseNames} from '../apply/phases.ts'
import {readProblems} from '../apply/problems/store.ts'
import type {Host} from '../host/host.ts'

/** What a node lacks to be healthy, in words; undefined if it is. */
export function whatIsMissing(
  host: Host,
  identity: Identity,
  {wantsKubernetes}: {readonly wantsKubernetes: boolean},
): string | undefined {
  const applied = readProblems(host, identity)?.phases ?? []
  const phase = phaseNames.find((name) => !applied.includes(name))
  if (phase !== undefined) return `the phase ${phase} of the configuration has not ended`
  if (host.run(['pgrep', '-f', 'getty|sshd'], {output: 'discard'}).status !== 0) return 'nobody can log in'
  return wantsKubernetes ? whyNotReady(host, identity) : undefined
}

/** Kubernetes is ready: the API of a server, or the node as its kubelet sees it (k3s docs, "CLI"). */
function whyNotReady(host: Host, {kubernetes: name}: Identity): string | undefined {
  if (host.lstat(`/etc/runlevels/default/${name}`) === undefined) return undefined
  const isServer = host.lstat(`/etc/rancher/${name}/${name}.yaml`) !== undefined
  const program = kubectlOf(host, name)
  const asked = isServer
    ? ['--kubeconfig', `/etc/rancher/${name}/${name}.yaml`, 'get', '--raw', '/readyz']
    : ['--kubeconfig', kubeletConfig(name), 'get', 'node', nodeName(host), '-o', readyOf]
  const {status, stdout} = host.run([...program, ...asked, '--request-timeout=5s'])
  if (status !== 0) return `${name} does not answer`
  if (isServer ? stdout.trim() === 'ok' : stdout.trim() === 'True') return undefined
  return `${name} is not ready`
}

const readyOf = `jsonpath={.status.conditions[?(@.type=="Ready")].status}`

export const kubeletConfig = (name: string): string => `/var/lib/rancher/${name}/agent/kubelet.kubeconfig`

/** rke2 unpacks kubectl when it first starts; k3s is its own. */
export const kubectlOf = (host: Host, name: string): string[] =>
  host.lstat('/var/lib/rancher/rke2/bin/kubectl') === undefined
    ? [name, 'kubectl']
    : ['/var/lib/rancher/rke2/bin/kubectl']

/** Kubernetes knows the node by its host name in lower case. */
export const nodeName = (host: Host): string => (host.read('/proc/sys/kernel/hostname') ?? '').trim().toLowerCase()
