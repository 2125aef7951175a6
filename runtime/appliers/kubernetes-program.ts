import {defineApplier, type Node, type Outcome} from '../applier.ts'
import {mkdirAll, parentOf, renderStatus} from '../host/host.ts'

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
    const fetched = host.run(
      [
        'curl',
        ...['--fail', '--silent', '--show-error', '--location', '--continue-at', '-'],
        ...['--retry', '5', '--retry-connrefused', '--connect-timeout', '20', '--max-time', String(patienceSeconds)],
        ...['--output', part, release.url],
      ],
      {env: node.environment, output: 'discard'},
    )
    if (fetched.status !== 0) {
      report(node, release, `could not be fetched from ${release.url}: curl ${renderStatus(fetched.status)}`)
      return 'unchanged'
    }
    const found = host.run(['sha256sum', part]).stdout.slice(0, 64)
    if (found !== release.sha256) {
      host.remove(part)
      report(node, release, `was not kept: its SHA-256 is ${found} instead of ${release.sha256}`)
      return 'unchanged'
    }
    host.chmod(part, 0o755)
    const moved = host.run(['mv', part, release.path])
    if (moved.status !== 0) throw new Error(`could not be put into its place: mv ${renderStatus(moved.status)}`)
    return 'changed'
  },
})

/** The release that is still to be fetched; undefined when it is there, or when the image names none. */
export function missingRelease({host, identity}: Node): Release | undefined {
  const text = host.read(`/usr/lib/${identity.name}/kubernetes.json`)
  if (text === undefined) return undefined
  const release: Release = JSON.parse(text)
  return host.lstat(release.path) === undefined ? release : undefined
}

const report = (node: Node, {name, version}: Release, message: string): void =>
  node.report({
    path: '',
    message: `${name} ${version} ${message}`,
    hint: 'Check the network and http_proxy in the config, then run the boot phase again, or build the image with `ship: "embedded"`.',
  })
