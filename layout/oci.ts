import * as z from 'zod/mini'
import {parseImageReference} from './image-reference.ts'

/** Names in images for containers. */
export const oci = {
  /** Media types of documents and layers (OCI image specification, "Media Types"). */
  types: {
    index: 'application/vnd.oci.image.index.v1+json',
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar',
  },
  /** Media types of the same documents that Docker's own programs push. */
  dockerTypes: {
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  },
  /** Files of a layout. */
  files: {
    marker: 'oci-layout',
    index: 'index.json',
    /** Makes the same archive one for `docker load`. */
    docker: 'manifest.json',
    blob: (digest: string) => `blobs/${digest.replace(':', '/')}`,
  },
  /** Annotation that names an image of a layout. */
  refName: 'org.opencontainers.image.ref.name',
  /** Labels of an image's configuration, which unlike annotations survive `docker load` and every conversion. */
  labels: {
    /** The text of release.json. */
    release: 'io.haos-build.release',
    /** The text of release.json.sig, if the release is signed. */
    signatures: 'io.haos-build.signatures',
    /** Where each file of the release is: {@link PlacedFiles} as JSON. */
    files: 'io.haos-build.files',
  },
  parseReference: parseImageReference,
} as const

const digest = z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/, 'must be a SHA-256 digest'))

/** The files of a release in an image. */
export const PlacedFiles = z.lazy(() =>
  z.array(
    z.object({
      /** Path in the release. */
      file: z.string(),
      /** Path in the layer. */
      path: z.string().check(z.regex(/^(?:\w[\w.+~@-]*\/)*\w[\w.+~@-]*$/, 'must be a relative path')),
      /** Digest of the uncompressed layer, which holds nothing else. */
      layer: digest,
    }),
  ),
)
export type PlacedFiles = z.output<typeof PlacedFiles>

/** A reference to a blob. */
export const OciDescriptor = z.lazy(() =>
  z.object({
    mediaType: z.string(),
    digest,
    size: z.int(),
    platform: z.optional(z.object({os: z.string(), architecture: z.string(), variant: z.optional(z.string())})),
    annotations: z.optional(z.record(z.string(), z.string())),
  }),
)
export type OciDescriptor = z.output<typeof OciDescriptor>

/** An index: one image for several architectures, or the images of a layout. */
export const OciIndex = z.lazy(() =>
  z.object({
    schemaVersion: z.literal(2),
    mediaType: z.optional(z.string()),
    manifests: z.array(OciDescriptor),
  }),
)
export type OciIndex = z.output<typeof OciIndex>

/** An image for one architecture. */
export const OciManifest = z.lazy(() =>
  z.object({
    schemaVersion: z.literal(2),
    mediaType: z.optional(z.string()),
    config: OciDescriptor,
    layers: z.array(OciDescriptor),
    annotations: z.optional(z.record(z.string(), z.string())),
  }),
)
export type OciManifest = z.output<typeof OciManifest>

/** The part of an image's configuration that we read. */
export const OciConfig = z.lazy(() =>
  z.object({
    architecture: z.string(),
    os: z.string(),
    config: z.optional(z.object({Labels: z.nullish(z.record(z.string(), z.string()))})),
    rootfs: z.object({diff_ids: z.array(digest)}),
  }),
)
export type OciConfig = z.output<typeof OciConfig>
