import type {NodeConfig} from '#dsl'
import {type Applier, defineApplier, inSection, type Node, type Outcome, outcomeOf} from '../apply/applier.ts'
import type {ConfigProblem} from '../config/problem.ts'
import {isUnanswered} from '../data-sources/store.ts'
import {mkdirAll, renderStatus} from '../host/host.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'
import {linkImageArchives} from '../kubernetes/image-archives.ts'
import {missingRelease} from '../kubernetes/release.ts'
import {kubernetesService} from '../services/kubernetes-service.ts'
import {renderEnvFile, renderOpenrcService} from '../services/openrc-service.ts'
import type {Service} from '../services/service.ts'
import {placeClusterManifests} from './cluster-manifests.ts'

/**
 * Sets up k3s or rke2 as a service, and starts it. Downloads nothing, and restarts the service only if it has changed.
 *
 * Only in the phase runtime: OpenRC would start an earlier service together with the others, before userdata can change
 * its arguments, and a node's registration cannot be undone. The phase boot only announces the service.
 */
export const kubernetes = ({running}: {readonly running: boolean}): Applier =>
  defineApplier({
    name: 'kubernetes',
    keys: ['.server_url', '.token', '.labels', '.k3s_args', '.taints'],
    select: (config) => config,
    apply(config, node): Outcome {
      const {host, identity} = node
      const {kubernetes: name} = identity
      const mode = (host.read(`${identity.runDir}/mode`) ?? '').trim()
      if (mode === 'install') return 'unchanged'
      const command = findProgram(node, running)
      if (command === undefined) {
        if (running && isAsked(config.node))
          node.report({
            path: inSection(node, `${name}_args`),
            message: `has no effect: ${name} is not in this image`,
            hint: `Build the image with ${name}, or install it as /usr/local/bin/${name}.`,
          })
        return 'unchanged'
      }
      const mistake = whyUntouched(config, node)
      if (mistake !== undefined) {
        node.report({
          path: mistake.path,
          message: `${mistake.path === '' ? `(${mistake.source}) ` : ''}could not be read: ${name} is not changed, because it could register with another cluster or role`,
          hint: `Correct it, then run \`sudo ${identity.name} config\`.`,
        })
        return 'unchanged'
      }
      const service = kubernetesService(config, {identity, version: node.version, mode})
      node.announce(service)
      if (!running) return 'unchanged'
      if (isUnanswered(host)) {
        node.report({
          path: inSection(node, 'data_sources'),
          message: `has not answered completely: ${name} is not started before, because the answer may change its configuration`,
          hint: `It is queried again until it answers. Remove it from the config if it is not needed.`,
        })
        return 'unchanged'
      }
      return setUp(node, service, command)
    },
  })

function setUp(node: Node, service: Service, command: string): Outcome {
  const {host, identity} = node
  const {kubernetes: name, title} = identity
  const directory = `/etc/rancher/${name}`
  const envFile = `${directory}/${name}.env`
  mkdirAll(host, directory)
  mkdirAll(host, '/etc/init.d')
  const description = `Kubernetes (${name}) of ${title}`
  const launcher = host.lstat(afterClock) === undefined ? undefined : afterClock
  // As in upstream's unit (ExecStopPost): containers go on, and what runs them is started again.
  const helpers = name === 'rke2' ? ['kubelet', 'containerd'] : []
  const script = renderOpenrcService(service, {description, command, envFile, helpers, ...(launcher && {launcher})})
  const changed = [
    writeIfChanged(host, envFile, renderEnvFile(service.env), {mode: 0o600, owner: {uid: 0, gid: 0}}),
    writeIfChanged(host, `/etc/init.d/${name}`, script, {mode: 0o755}),
  ]
  const placed = service.argv[1] === 'server' && placeClusterManifests(node)
  linkImageArchives(host, identity, service.argv)
  const added = addToRunlevel(node, name)
  if (added) control(node, ['--nodeps', name, 'start'])
  else if (changed.includes(true)) control(node, ['--nodeps', '--ifstarted', name, 'restart'])
  return outcomeOf(added, placed, ...changed)
}

/**
 * The mistake that could make a node register with another cluster or role: one in a key that determines these, or a
 * source that could not be read at all if the others do not set them.
 */
function whyUntouched({node: {server_url, k3s_args}}: NodeConfig, node: Node): ConfigProblem | undefined {
  const deciding = ['server_url', 'token', `${node.identity.kubernetes}_args`].map((key) => inSection(node, key))
  const isKnown = Boolean(server_url) || /^(?:server|agent)\b/.test(k3s_args?.[0] ?? '')
  return node.mistakes.find(
    ({path}) =>
      deciding.some((key) => path === key || path.startsWith(`${key}[`)) ||
      (!isKnown && (path === '' || path === node.identity.section)),
  )
}

/** Runs a program once the clock is set (recipes/base/files/usr/libexec/after-clock); not in every image. */
const afterClock = '/usr/libexec/after-clock'

/** In the phase boot, the user's disks may not be mounted yet, so only the image's program counts. */
function findProgram(node: Node, running: boolean): string | undefined {
  const {kubernetes: name} = node.identity
  const places = [`/sbin/${name}`, `/usr/bin/${name}`, ...(running ? [`/usr/local/bin/${name}`] : [])]
  const found = places.find((path) => node.host.lstat(path) !== undefined)
  // The image's symlink dangles until the program has been fetched.
  return found === `/usr/bin/${name}` && missingRelease(node) !== undefined ? undefined : found
}

const isAsked = ({server_url, token, k3s_args}: NodeConfig['node']): boolean =>
  Boolean(server_url || token || k3s_args?.length)

function addToRunlevel({host}: Node, name: string): boolean {
  const link = `/etc/runlevels/default/${name}`
  if (host.lstat(link) !== undefined) return false
  mkdirAll(host, '/etc/runlevels/default')
  host.symlink(`/etc/init.d/${name}`, link)
  return true
}

/**
 * Without dependencies, because the service starts after the one that runs this program, and OpenRC would wait for its
 * end.
 */
function control({host}: Node, args: readonly string[]): void {
  const {status} = host.run(['rc-service', ...args], {output: 'inherit'})
  if (status !== 0) throw new Error(`could not be started: rc-service ${renderStatus(status)}`)
}
