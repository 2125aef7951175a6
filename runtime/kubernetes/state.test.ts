import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {MemoryHost} from '../host/memory.ts'
import {kubernetesState} from './state.ts'

const place = '/var/lib/rancher/haos/k3s/v1.34.3+k3s1/k3s'
const release = {name: 'k3s', version: 'v1.34.3+k3s1', path: place, url: 'https://r/k3s', sha256: ''}
const toFetch = {'/usr/bin/k3s': '', '/usr/lib/haos/kubernetes.json': JSON.stringify(release)}
const fetched = {...toFetch, [place]: 'program'}
const ended = (message?: string) => ({
  '/run/haos/problems.json': JSON.stringify({
    initrd: [],
    runtime: message === undefined ? [] : [{source: 'phase runtime', path: '', message}],
  }),
})
const service = (role: string) => ({
  '/etc/init.d/k3s': `#!/sbin/openrc-run\narg_0=${role}\n`,
  '/etc/runlevels/default/k3s': '',
})
const kubeconfig = {'/etc/rancher/k3s/k3s.yaml': ''}

/** How far Kubernetes has come on a node with these files, whose kubectl answers this. */
function stateOf(files: Readonly<Record<string, string>>, kubectl?: string) {
  const host = new MemoryHost({
    sha256: () => '',
    run: (argv) => {
      if (argv[0] === 'readlink') return {status: 0, stdout: '/haos/system/k3s/v1.35.0+k3s1\n'}
      return kubectl === undefined ? {status: 1, stdout: ''} : {status: 0, stdout: kubectl}
    },
  })
  for (const [path, content] of Object.entries(files)) host.put(path, {content})
  return kubernetesState(host, deriveIdentity('haos'))
}

test.each([
  ['without it', {}, 'This HAOS contains no Kubernetes: build the image with k3s(), or install /usr/local/bin/k3s.'],
  ['whose network is not up yet', toFetch, 'k3s v1.34.3+k3s1 is fetched once the network is up.'],
  [
    'that fetches it',
    {...toFetch, [`${place}.part`]: 'prog', [`${place}.size`]: '8\n'},
    'k3s v1.34.3+k3s1 is being fetched: 50 % so far.',
  ],
  [
    'that fetches it from a server that does not tell its size',
    {...toFetch, [`${place}.part`]: 'x'.repeat(3 * 2 ** 20)},
    'k3s v1.34.3+k3s1 is being fetched: 3 MiB so far.',
  ],
  [
    'that could not fetch it',
    {...toFetch, ...ended('k3s v1.34.3+k3s1 could not be fetched from https://r/k3s: curl ended with status 6')},
    'k3s v1.34.3+k3s1 could not be fetched from https://r/k3s: curl ended with status 6. `sudo haos config` tries again.',
  ],
  ['whose configuration is being applied', fetched, 'k3s v1.34.3+k3s1 starts once the configuration is applied.'],
  [
    'with a mistake in its configuration',
    {...fetched, ...ended('could not be read: k3s is not changed, because it could register with another cluster')},
    'k3s v1.34.3+k3s1 is not started: could not be read: k3s is not changed, because it could register with another cluster.',
  ],
  [
    'that starts',
    {...fetched, ...service('server')},
    'k3s v1.34.3+k3s1 is starting as a server: k3s does not answer. Its log is /var/log/k3s.log.',
  ],
])('a node %s says so', (_, files, text) => {
  expect(stateOf(files)).toEqual({isReady: false, text})
})

test('a node is ready once its API or its kubelet says so, and names the version in the image', () => {
  const embedded = {'/usr/bin/k3s': '', ...ended()}

  expect(stateOf({...embedded, ...service('server'), ...kubeconfig}, 'ok')).toEqual({
    isReady: true,
    text: 'k3s v1.35.0+k3s1 is ready: this node is a server.',
  })
  expect(stateOf({...embedded, ...service('agent')}, 'True')).toEqual({
    isReady: true,
    text: 'k3s v1.35.0+k3s1 is ready: this node is an agent, and kubectl works on servers.',
  })
  expect(stateOf({...embedded, ...service('agent')}, 'False').text).toContain('k3s is not ready')
})

test('who may not ask it is told how to, and not that it is not ready', () => {
  const host = new MemoryHost({sha256: () => '', run: () => ({status: 1, stdout: ''})})
  for (const [path, content] of Object.entries({...fetched, ...service('server'), ...kubeconfig}))
    host.put(path, {content})

  expect(kubernetesState(host, deriveIdentity('haos'), {asRoot: false}).text).toBe(
    'k3s v1.34.3+k3s1 runs as a server: `sudo haos kubernetes` tells whether it is ready.',
  )
  expect(host.commands).toEqual([])
})
