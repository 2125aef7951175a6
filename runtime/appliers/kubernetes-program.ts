import {parentOf} from '#dsl'
import {defineApplier, type Node, type Outcome} from '../apply/applier.ts'
import {mkdirAll, renderStatus} from '../host/host.ts'
import {resumeDownload} from '../host/resume-download.ts'

/** A Kubernetes release that the image names but does not contain. The build writes the file, so its shape is known. */
interface Release {
  readonly name: string
  readonly version: string
  /** Absolute path of the program; `/usr/bin` contains a symlink to it. */
  readonly path: string
  readonly url: string
  readonly sha256: string
}

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
    const part = `${release.path}.part`
    mkdirAll(host, parentOf(release.path))
    const fetched = resumeDownload(host, release.url, part, {
      maxBytes,
      timeoutSeconds,
      env: node.environment,
      output: 'discard',
    })
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
    // Without sync, a power cut could leave the final name with an empty file.
    host.run(['sync'])
    const moved = host.run(['mv', part, release.path])
    if (moved.status !== 0) throw new Error(`could not be renamed: mv ${renderStatus(moved.status)}`)
    return 'changed'
  },
})

/** The release that is still to be fetched; undefined if its program exists already, or if the image names none. */
export function missingRelease({host, identity}: Node): Release | undefined {
  const text = host.read(`/usr/lib/${identity.name}/kubernetes.json`)
  if (text === undefined) return undefined
  const release: Release = JSON.parse(text)
  // A power cut can leave an empty file.
  return (host.lstat(release.path)?.sizeBytes ?? 0) === 0 ? release : undefined
}

const report = (node: Node, {name, version}: Release, message: string): void =>
  node.report({
    path: '',
    message: `${name} ${version} ${message}`,
    hint: `Check the network and http_proxy in the config, then run \`sudo ${node.identity.name} config --runtime\`, or build the image with \`ship: "embedded"\`.`,
  })
