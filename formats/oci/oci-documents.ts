import {createHash} from 'node:crypto'
import {type OciDescriptor, oci} from '#layout'

/** A JSON document of an image, and the descriptor that refers to it. */
export interface OciDocument {
  readonly bytes: Uint8Array
  readonly descriptor: OciDescriptor
}

/** Renders a document. The order of the keys is that of the value: equal values give equal bytes. */
export function renderOciDocument(mediaType: string, value: object): OciDocument {
  const bytes = Buffer.from(JSON.stringify(value))
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  return {bytes, descriptor: {mediaType, digest, size: bytes.length}}
}

/** One layer of an image. */
export interface OciLayer {
  /** Digest of the uncompressed tar, which is what is stored. */
  readonly digest: string
  readonly sizeBytes: number
  /** What made it, for `docker history`. */
  readonly createdBy: string
}

/** What an image says of itself and how it is started. */
export interface OciImage {
  readonly architecture: string
  readonly variant?: string | undefined
  /** Seconds since 1970. */
  readonly epoch: number
  readonly entrypoint: readonly string[]
  readonly env: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** The lowest first. */
  readonly layers: readonly OciLayer[]
}

/** Configuration and manifest of an image for one architecture (OCI image specification 1.1). Pure. */
export function renderOciImage(image: OciImage): {readonly config: OciDocument; readonly manifest: OciDocument} {
  const {architecture, variant, layers} = image
  const created = new Date(image.epoch * 1000).toISOString().replace('.000', '')
  const config = renderOciDocument(oci.types.config, {
    created,
    architecture,
    os: 'linux',
    ...(variant !== undefined && {variant}),
    config: {Env: image.env, Entrypoint: image.entrypoint, WorkingDir: '/', Labels: image.labels},
    rootfs: {type: 'layers', diff_ids: layers.map(({digest}) => digest)},
    history: layers.map(({createdBy}) => ({created, created_by: createdBy})),
  })
  const manifest = renderOciDocument(oci.types.manifest, {
    schemaVersion: 2,
    mediaType: oci.types.manifest,
    config: config.descriptor,
    layers: layers.map(({digest, sizeBytes}) => ({mediaType: oci.types.layer, digest, size: sizeBytes})),
    annotations: image.annotations,
  })
  const platform = {os: 'linux', architecture, ...(variant !== undefined && {variant})}
  return {config, manifest: {...manifest, descriptor: {...manifest.descriptor, platform}}}
}

/** Renders an index of manifests. Pure. */
export const renderOciIndex = (
  manifests: readonly OciDescriptor[],
  annotations: Readonly<Record<string, string>> = {},
): OciDocument =>
  renderOciDocument(oci.types.index, {
    schemaVersion: 2,
    mediaType: oci.types.index,
    manifests,
    ...(Object.keys(annotations).length > 0 && {annotations}),
  })

/** A tag for a version: `+` is not allowed in one (OCI distribution specification, "Pulling manifests"). */
export const ociTagOf = (version: string): string => version.replace(/[^\w.-]/g, '-').slice(0, 128)
