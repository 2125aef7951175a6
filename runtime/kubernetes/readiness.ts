import type {Identity} from '#dsl'
import type {Host} from '../host/host.ts'

/** Why Kubernetes is not ready: the API of a server, or the node as its kubelet sees it (k3s docs, "CLI"); undefined if it is. */
export function whyNotReady(host: Host, {kubernetes: name}: Identity): string | undefined {
  if (host.lstat(`/etc/runlevels/default/${name}`) === undefined) return undefined
  const asServer = isServer(host, name)
  const program = kubectlOf(host, name)
  const asked = asServer
    ? ['--kubeconfig', `/etc/rancher/${name}/${name}.yaml`, 'get', '--raw', '/readyz']
    : ['--kubeconfig', kubeletConfig(name), 'get', 'node', nodeName(host), '-o', readyOf]
  const {status, stdout} = host.run([...program, ...asked, '--request-timeout=5s'])
  if (status !== 0) return `${name} does not answer`
  if (asServer ? stdout.trim() === 'ok' : stdout.trim() === 'True') return undefined
  return `${name} is not ready`
}

/** A server has the file by which administrators reach its API; a node keeps it when it becomes an agent. */
export const isServer = (host: Host, name: string): boolean =>
  host.lstat(`/etc/rancher/${name}/${name}.yaml`) !== undefined && !isAgent(host.read(`/etc/init.d/${name}`) ?? '')

/** Whether a service runs an agent. */
export const isAgent = (script: string): boolean => /^arg_0=agent$/m.test(script)

const readyOf = `jsonpath={.status.conditions[?(@.type=="Ready")].status}`

export const kubeletConfig = (name: string): string => `/var/lib/rancher/${name}/agent/kubelet.kubeconfig`

/** rke2 unpacks kubectl when it first starts; k3s is its own. */
export const kubectlOf = (host: Host, name: string): string[] =>
  host.lstat('/var/lib/rancher/rke2/bin/kubectl') === undefined
    ? [name, 'kubectl']
    : ['/var/lib/rancher/rke2/bin/kubectl']

/** Kubernetes knows the node by its host name in lower case. */
export const nodeName = (host: Host): string => (host.read('/proc/sys/kernel/hostname') ?? '').trim().toLowerCase()
