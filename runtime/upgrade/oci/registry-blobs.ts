import {type OciDescriptor, oci} from '#layout'
import {resumeDownload} from '../../fetch/resume-download.ts'
import type {Host} from '../../host/host.ts'
import {runOrThrow} from '../../host/run-or-throw.ts'
import {renderSize} from '../../install/disks.ts'
import type {ImageReference, Repository} from '../../registry/registry.ts'
import {encodeUtf8} from '../../text/utf8.ts'
import type {Place} from '../place.ts'
import {downloadPrefix, dropDownloads} from '../prune.ts'
import type {ImageBlobs} from './image-blobs.ts'

/** Timeout of one download: six hours. */
const timeoutSeconds = 21_600

export interface RegistryBlobsOptions {
  readonly place: Place
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly log: (line: string) => void
}

/** The blobs of an image in a registry. A download that was interrupted is resumed when the upgrade is run again. */
export function registryBlobs(
  host: Host,
  repository: Repository,
  {registry, repository: name, tag = 'latest', digest}: ImageReference,
  {place, log, env}: RegistryBlobsOptions,
): ImageBlobs {
  const origin = `${registry}/${name}`
  // The digest wins.
  const reference = digest ?? tag
  const accept = [oci.types.index, oci.types.manifest, oci.dockerTypes.index, oci.dockerTypes.manifest]
  const manifest = (which: string) =>
    repository.get(
      'manifests',
      which,
      accept.map((type) => `Accept: ${type}`),
    ).body
  const isDocument = ({mediaType}: OciDescriptor) => accept.some((type) => type === mediaType)
  return {
    origin,
    isStaged: true,
    root() {
      const text = manifest(reference)
      const found = `sha256:${host.sha256(encodeUtf8(text))}`
      if (digest !== undefined && found !== digest)
        throw new Error(`${origin} answered with ${found} instead of ${digest}: it was not used`)
      if (digest === undefined) log(`${origin}:${tag} is ${found}`)
      return text
    },
    text: (blob) => (isDocument(blob) ? manifest(blob.digest) : repository.get('blobs', blob.digest).body),
    withFile({digest: wanted, size}, use) {
      const {directory} = place.paths.release
      runOrThrow(host, ['mkdir', '-p', directory])
      const file = `${directory}/${downloadPrefix}${wanted.slice('sha256:'.length)}`
      // One layer at a time is fetched, and one that was interrupted is the first that is missing.
      dropDownloads(host, place, (each) => file.endsWith(`/${each}`))
      if ((host.lstat(file)?.sizeBytes ?? 0) > size) host.remove(file)
      if (host.lstat(file)?.sizeBytes !== size) {
        log(`Fetching ${renderSize(size)}`)
        const authorization = repository.authorization()
        const url = repository.url('blobs', wanted)
        const failure = resumeDownload(host, url, file, {
          ...{maxBytes: size, timeoutSeconds, env},
          ...(authorization !== undefined && {headers: `Authorization: ${authorization}\n`}),
        })
        if (failure !== undefined) throw new Error(`${url} could not be fetched: ${failure}; run it again to resume`)
      }
      try {
        use(file)
      } finally {
        host.remove(file)
      }
    },
  }
}
