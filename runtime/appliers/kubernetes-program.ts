import {parentOf} from '#dsl'
import {defineApplier, type Node, type Outcome} from '../apply/applier.ts'
import {curlLimits} from '../host/curl-limits.ts'
import {mkdirAll, renderStatus} from '../host/host.ts'

/** A release that the image names and does not bring. Written by the build, so its shape is known. */
interface Release {
  readonly name: string
  readonly version: string
  /** Where the program belongs; `/usr/bin` holds a link to it. */
  readonly path: string
  readonly url: string
  readonly sha256: string
}

/** Minutes that a download of some 70 MB may take. */
const patienceSeconds = 1800
/** More than any release has: k3s has 70 MB, rke2 120 MB. */
const maxBytes = 2 ** 30
/** Status of curl(1) when the server sends no ranges, so that a download cannot be resumed. */
const cannotResume = 33

/**
 * Fetches the program of Kubernetes that the image was built for, once, and keeps it if it is the pinned one.
 *
 * By curl into a file and not through this program, whose memory it would not fit.
 */
export const kubernetesProgram = defineApplier({
  name: 'kubernetes program',
  keys: [],
  select: () => true,
  apply(_, node): Outcome {
    const release = missingRelease(node)
    if (release === undefined) return 'unchanged'
    const {host} = node
    const part = `${release.path}.part`
    mkdirAll(host, parentOf(release.path))
    const fetched = fetchInto(part, release, node)
    if (fetched !== 0) {
      report(node, release, `could not be fetched from ${release.url}: curl ${renderStatus(fetched)}`)
      return 'unchanged'
    }
    const found = host.run(['sha256sum', part]).stdout.slice(0, 64)
    if (found !== release.sha256) {
      host.remove(part)
      report(node, release, `was not kept: its SHA-256 is ${found} instead of ${release.sha256}`)
      return 'unchanged'
    }
    host.chmod(part, 0o755)
    // Without it a power cut could leave the name and not the program.
    host.run(['sync'])
    const moved = host.run(['mv', part, release.path])
    if (moved.status !== 0) throw new Error(`could not be put into its place: mv ${renderStatus(moved.status)}`)
    return 'changed'
  },
})

/** Resumes the download of a partial file, or restarts it. Returns the status of curl. */
function fetchInto(part: string, release: Release, node: Node): number {
  const argv = [
    'curl',
    ...['--fail', '--silent', '--show-error', '--location', '--continue-at', '-'],
    ...['--retry', '5', '--retry-connrefused', '--connect-timeout', '20', '--max-time', String(patienceSeconds)],
    ...curlLimits(release.url, maxBytes),
    ...['--output', part, release.url],
  ]
  const fetch = () => node.host.run(argv, {env: node.environment, output: 'discard'}).status
  const status = fetch()
  if (status !== cannotResume) return status
  node.host.remove(part)
  return fetch()
}

/** The release that is still to be fetched; undefined when it is there, or when the image names none. */
export function missingRelease({host, identity}: Node): Release | undefined {
  const text = host.read(`/usr/lib/${identity.name}/kubernetes.json`)
  if (text === undefined) return undefined
  const release: Release = JSON.parse(text)
  // An empty one was left by a power cut.
  return (host.lstat(release.path)?.sizeBytes ?? 0) === 0 ? release : undefined
}

const report = (node: Node, {name, version}: Release, message: string): void =>
  node.report({
    path: '',
    message: `${name} ${version} ${message}`,
    hint: `Check the network and http_proxy in the config, then run \`sudo ${node.identity.name} config --runtime\`, or build the image with \`ship: "embedded"\`.`,
  })
