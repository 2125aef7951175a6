import {OciConfig, type OciDescriptor, OciIndex, OciManifest, oci} from '#layout'
import type {Host} from '../../host/host.ts'
import {checkedText, type ImageBlobs} from './image-blobs.ts'
import {parseDocument} from './parse-document.ts'

/** An image for one architecture. */
export interface ChosenImage {
  readonly manifest: OciManifest
  readonly config: OciConfig
}

/** The image for an architecture. Throws if there is none, or more than one. */
export function chooseManifest(host: Host, blobs: ImageBlobs, arch: string): ChosenImage {
  const {images, others} = imagesIn(host, blobs, blobs.root(), {arch, levels: mostLevels})
  const fitting = images.filter(({config}) => config.os === 'linux' && config.architecture === arch)
  const [first, ...more] = fitting
  if (first === undefined) {
    const there = [...new Set([...images.map(({config}) => config.architecture), ...others])].join(', ') || 'none'
    throw new Error(`${blobs.origin} holds no image for ${arch}, which this node is. Architectures in it: ${there}`)
  }
  if (more.some(({manifest}) => manifest.config.digest !== first.manifest.config.digest))
    throw new Error(`${blobs.origin} holds several images for ${arch}: copy one of them to a place of its own`)
  return first
}

/** An index of a layout leads to an index of architectures. Each further level could multiply the work. */
const mostLevels = 2

interface Found {
  readonly images: readonly ChosenImage[]
  /** Architectures of images that were not looked at. */
  readonly others: readonly string[]
}

/** Images that can be for an architecture. Those of which an index says that they are for another one need not be there at all. */
function imagesIn(
  host: Host,
  blobs: ImageBlobs,
  text: string,
  {arch, levels}: {readonly arch: string; readonly levels: number},
): Found {
  const manifest = parseDocument(OciManifest, text)
  if (manifest !== undefined) {
    const config = parseDocument(OciConfig, checkedText(host, blobs, manifest.config))
    if (config === undefined) throw unreadable(blobs)
    return {images: [{manifest, config}], others: []}
  }
  const index = parseDocument(OciIndex, text)
  if (index === undefined) throw unreadable(blobs)
  if (levels === 0)
    throw new Error(`${blobs.origin} is no image: an index in an index in an index is no list of images`)
  const entries = new Map(index.manifests.filter(isOfImage).map((entry) => [entry.digest, entry]))
  const found = [...entries.values()].map((entry): Found => {
    const {architecture = arch} = entry.platform ?? {}
    return architecture === arch
      ? imagesIn(host, blobs, checkedText(host, blobs, entry), {arch, levels: levels - 1})
      : {images: [], others: [architecture]}
  })
  return {images: found.flatMap(({images}) => images), others: found.flatMap(({others}) => others)}
}

/** Whether an entry is that of an image or of another index. Build tools also list statements about images there. */
const isOfImage = ({mediaType, platform}: OciDescriptor): boolean =>
  [oci.types.index, oci.types.manifest, oci.dockerTypes.index, oci.dockerTypes.manifest].some(
    (type) => type === mediaType,
  ) && platform?.os !== 'unknown'

const unreadable = ({origin}: ImageBlobs): Error =>
  new Error(`${origin} is no image: neither an index nor a manifest of OCI or Docker is in it`)
