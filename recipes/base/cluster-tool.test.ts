import {spawnSync} from 'node:child_process'
import {chmodSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../../test/scratch.ts'

const script = readFileSync(new URL('files/usr/libexec/cluster-tool', import.meta.url), 'utf8')

/** A node with these files, on which each program prints its name and arguments, and what it is called by a user. */
function node(files: readonly string[]) {
  const root = scratchDirectory()
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), {recursive: true})
    writeFileSync(join(root, path), text)
    chmodSync(join(root, path), 0o755)
  }
  const echo = '#!/bin/sh\necho "${0##*/}" "$@" "${KUBECONFIG:+with $KUBECONFIG}"\n'
  for (const path of files) put(path, path.startsWith('/etc/') ? '' : echo)
  put('/usr/lib/os-release', 'ID=haos\n')
  put('/usr/bin/haos', '#!/bin/sh\necho how far it is\nexit 3\n')
  put('/usr/bin/sudo', '#!/bin/sh\necho sudo "$@"\n')
  put('/usr/bin/id', '#!/bin/sh\necho "${RUN_AS:-1000}"\n')
  return (tool: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    // A file that only root may read is one that does not exist, since tests may run as root.
    const own = script.replaceAll(/(?<=[\s"=-])\/(?=etc|usr|var)/g, `${root}/`).replaceAll(/-r "/g, '-x "/nowhere')
    put(`/called/${tool}`, own)
    const {stdout, stderr, status} = spawnSync(join(root, 'called', tool), args, {
      env: {PATH: `${root}/usr/bin:${root}/bin:${process.env['PATH']}`, ...env},
      encoding: 'utf8',
    })
    return {said: (stdout + stderr).replaceAll(root, '').trim(), status}
  }
}

const k3s = ['/usr/bin/k3s', '/etc/rancher/k3s/k3s.yaml']
const rke2 = [
  ...['/usr/bin/rke2', '/etc/rancher/rke2/rke2.yaml'],
  ...['kubectl', 'crictl', 'ctr'].map((name) => `/var/lib/rancher/rke2/bin/${name}`),
]

test.each([
  ['kubectl', k3s, 'sudo /usr/bin/k3s kubectl get nodes'],
  ['crictl', k3s, 'sudo /usr/bin/k3s crictl get nodes'],
  ['ctr', k3s, 'sudo /usr/bin/k3s ctr get nodes'],
  ['kubectl', rke2, 'sudo env KUBECONFIG=/etc/rancher/rke2/rke2.yaml /var/lib/rancher/rke2/bin/kubectl get nodes'],
  [
    'crictl',
    rke2,
    'sudo env CRI_CONFIG_FILE=/var/lib/rancher/rke2/agent/etc/crictl.yaml /var/lib/rancher/rke2/bin/crictl get nodes',
  ],
  [
    'ctr',
    rke2,
    'sudo env CONTAINERD_ADDRESS=/run/k3s/containerd/containerd.sock CONTAINERD_NAMESPACE=k8s.io /var/lib/rancher/rke2/bin/ctr get nodes',
  ],
])('%s works for a user without sudo before it', (tool, files, said) => {
  expect(node(files)(tool, ['get', 'nodes'])).toEqual({said, status: 0})
})

test('root needs no sudo', () => {
  expect(node(k3s)('kubectl', ['get'], {RUN_AS: '0'}).said).toBe('k3s kubectl get')
})

test("a user's own cluster is asked with the user's rights, from every kind of node", () => {
  const environment = {KUBECONFIG: '/home/me/config'}

  expect(node(k3s)('kubectl', ['get'], environment).said).toBe('k3s kubectl get with /home/me/config')
  expect(node(['/usr/bin/k3s'])('kubectl', ['--kubeconfig=mine', 'get']).said).toBe('k3s kubectl --kubeconfig=mine get')
  expect(node(rke2)('kubectl', ['get'], environment).said).toBe('kubectl get with /home/me/config')
})

test.each([
  ['nothing that runs a cluster', []],
  ['an agent, or a server that starts', ['/usr/bin/k3s']],
  ['an rke2 that starts', ['/usr/bin/rke2']],
])('on a node with %s, it says so in one line', (_, files) => {
  expect(node(files)('kubectl', ['get'])).toEqual({said: 'kubectl: how far it is', status: 1})
})
