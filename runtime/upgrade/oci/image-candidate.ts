import {type OciDescriptor, oci, PlacedFiles, type Release} from '#layout'
import type {Host} from '../../host/host.ts'
import {runOrThrow} from '../../host/run-or-throw.ts'
import {type Candidate, type ForNode, parseRelease} from '../candidate.ts'
import type {Place} from '../place.ts'
import {type ChosenImage, chooseManifest} from './choose-manifest.ts'
import {type ImageBlobs, withCheckedFile} from './image-blobs.ts'

/** A layer is a tar of one file, and compressed it is hardly larger. */
const [maxGrowth, maxFrameBytes] = [1.01, 2 ** 20]

/**
 * The release in an image for containers.
 *
 * A file that an installed version has, too, is copied from there; of the others, each is taken from its layer.
 * Throws if the image is none of ours, or not for this node.
 */
export function imageCandidate(
  host: Host,
  blobs: ImageBlobs,
  {place, ...node}: ForNode & {readonly place: Place},
): Candidate {
  const image = chooseManifest(host, blobs, node.arch)
  const labels = image.config.config?.Labels ?? {}
  const described = labels[oci.labels.release]
  if (described === undefined)
    throw new Error(`${blobs.origin} holds no release of ${node.identity.title}: the image was not made by haos-build`)
  const release = parseRelease(described, `the description of the release in ${blobs.origin}`, node)
  const placed = placedFiles(labels[oci.labels.files] ?? '', blobs)
  return {
    release,
    document: {text: described, signatures: labels[oci.labels.signatures]},
    origin: blobs.origin,
    isStaged: blobs.isStaged,
    copyFile(path, to) {
      const installed = findInstalled(host, place, release, path)
      if (installed !== undefined) {
        runOrThrow(host, ['cp', installed, to])
        return
      }
      const where = placed.find(({file}) => file === path)
      const layer = where && layerOf(image, where.layer)
      const {sizeBytes} = release.files.find((file) => file.path === path) ?? {}
      if (where === undefined || layer === undefined || sizeBytes === undefined)
        throw new Error(`${blobs.origin} is damaged: it lacks ${path}`)
      if (layer.size > sizeBytes * maxGrowth + maxFrameBytes)
        throw new Error(`${blobs.origin} is damaged: the layer of ${path} is much larger than the file`)
      withCheckedFile(host, blobs, layer, (file) => unpackFile(host, {layer, file, path: where.path, sizeBytes, to}))
    },
  }
}

function placedFiles(text: string, {origin}: ImageBlobs): PlacedFiles {
  try {
    return PlacedFiles.parse(JSON.parse(text))
  } catch {
    throw new Error(`${origin} is damaged, or of a later version of this program: its list of files cannot be read`)
  }
}

/** A layer by the digest of its uncompressed bytes: a registry may hold it compressed. */
const layerOf = ({manifest, config}: ChosenImage, digest: string): OciDescriptor | undefined =>
  manifest.layers[config.rootfs.diff_ids.indexOf(digest)]

/** A file of an installed version with the same bytes as a file of the release. */
function findInstalled(host: Host, {paths}: Place, release: Release, path: string): string | undefined {
  const wanted = release.files.find((file) => file.path === path)
  const [part, , name] = path.split('/')
  const parts = [paths.own, paths.kernel, paths.kubernetes].map(({directory}) => directory)
  const directory = parts.find((each) => each.endsWith(`/${part}`))
  if (wanted === undefined || directory === undefined) return undefined
  return (host.list(directory) ?? [])
    .filter((version) => !version.startsWith('.'))
    .map((version) => `${directory}/${version}/${name}`)
    .filter((file) => host.lstat(file)?.sizeBytes === wanted.sizeBytes)
    .find((file) => host.run(['sha256sum', file]).stdout.startsWith(wanted.sha256))
}

interface FileInLayer {
  readonly layer: OciDescriptor
  /** The layer. */
  readonly file: string
  /** Path of the file in it. */
  readonly path: string
  readonly sizeBytes: number
  readonly to: string
}

/**
 * Unpacks the one file of a layer, and at most one byte more than the release names: that is signed, and the layer is not. Owner and mode
 * of the file stay behind, and a link in its place is empty.
 */
function unpackFile(host: Host, {layer: {mediaType}, file, path, sizeBytes, to}: FileInLayer): void {
  const compression = /[+.](gzip|zstd)$/.exec(mediaType)?.[1]
  if (compression === 'zstd')
    throw new Error(`the layer with ${path} is compressed with zstd, which a node cannot unpack: push it uncompressed`)
  const unpack = `tar ${compression === 'gzip' ? '-xzOf' : '-xOf'} "$1" -- "$2" | head -c ${sizeBytes + 1} >"$3"`
  runOrThrow(host, ['sh', '-c', unpack, 'sh', file, path, to])
  if (host.lstat(to)?.sizeBytes !== sizeBytes) throw new Error(`the layer with ${path} does not hold that file`)
}
