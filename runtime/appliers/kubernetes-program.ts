import {parentOf} from '#dsl'
import {defineApplier, type Node, type Outcome} from '../apply/applier.ts'
import {curlEnvironment, curlOptions} from '../fetch/curl-options.ts'
import {resumeDownload} from '../fetch/resume-download.ts'
import {type Host, mkdirAll, renderStatus} from '../host/host.ts'
import {missingRelease, partOf, type Release} from '../kubernetes/release.ts'

/** Timeout of the download: 30 minutes for some 70 MB. */
const timeoutSeconds = 1800
/** Larger than any release: k3s is 70 MB, rke2 120 MB. */
const maxBytes = 2 ** 30

/**
 * Fetches the Kubernetes program that the image was built for, once, and keeps it if its checksum is the pinned one.
 *
 * Curl writes it to a file, because this program's memory is too small for it.
 */
export const kubernetesProgram = defineApplier({
  name: 'kubernetes program',
  keys: [],
  select: () => true,
  apply(_, node): Outcome {
    const release = missingRelease(node)
    if (release === undefined) return 'unchanged'
    const {host} = node
    const {file: part, size} = partOf(release)
    mkdirAll(host, parentOf(release.path))
    noteSize(host, release, node.environment)
    const failure = resumeDownload(host, release.url, part, {maxBytes, timeoutSeconds, env: node.environment})
    if (failure !== undefined) {
      report(node, release, `could not be fetched from ${release.url}: ${failure}`)
      return 'unchanged'
    }
    const found = host.run(['sha256sum', part]).stdout.slice(0, 64)
    if (found !== release.sha256) {
      host.remove(part)
      report(node, release, `was not kept: its SHA-256 is ${found} instead of ${release.sha256}`)
      return 'unchanged'
    }
    host.chmod(part, 0o755)
    // Without sync, a power cut could leave the final name with an empty file.
    host.run(['sync'])
    const moved = host.run(['mv', part, release.path])
    if (moved.status !== 0) throw new Error(`could not be renamed: mv ${renderStatus(moved.status)}`)
    host.remove(size)
    return 'changed'
  },
})

/** The size of the whole file, which the state of a download is told by. A server that does not name it is no failure. */
function noteSize(host: Host, release: Release, env: Node['environment']): void {
  const {size} = partOf(release)
  if (host.lstat(size) !== undefined) return
  const head = ['--head', '--fail', '--connect-timeout', '20', '--max-time', '60']
  const {stdout} = host.run(['curl', ...curlOptions(release.url, maxBytes), ...head, release.url], {
    env: curlEnvironment(env),
  })
  const last = [...stdout.matchAll(/^content-length: *(\d+)/gim)].at(-1)?.[1]
  if (last !== undefined) host.write(size, `${last}\n`)
}

const report = (node: Node, {name, version}: Release, message: string): void =>
  node.report({
    path: '',
    message: `${name} ${version} ${message}`,
    hint: `Check the network and http_proxy in the config, then run \`sudo ${node.identity.name} config --runtime\`, or build the image with \`ship: "embedded"\`.`,
  })
