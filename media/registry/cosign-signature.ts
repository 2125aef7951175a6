import type {Signer} from '#engine'
import {type OciDocument, renderOciDocument} from '#formats'
import {type OciDescriptor, OciManifest, oci} from '#layout'
import type {OciBlob} from '../oci/open-images.ts'

/**
 * Names of cosign's signatures, which its `verify`, Kyverno, the policy controller and containers/image read (cosign,
 * specs/SIGNATURE_SPEC.md).
 */
const names = {
  layer: 'application/vnd.dev.cosign.simplesigning.v1+json',
  signature: 'dev.cosignproject.cosign/signature',
} as const

/** Tag of the signatures of a manifest. */
export const signatureTag = (digest: string): string => `${digest.replace(':', '-')}.sig`

export interface SignManifestOptions {
  /** Registry and repository of the image, without a tag. */
  readonly repository: string
  /** Digest of the manifest or index that is signed. */
  readonly digest: string
  readonly signers: readonly Signer[]
  /** The manifest that holds signatures of it already, perhaps of others. */
  readonly before: OciManifest | undefined
}

/** Signatures of a manifest, as an image that holds one of them in each layer. */
export interface SignatureImage {
  readonly manifest: OciDocument
  readonly blobs: readonly OciBlob[]
}

/** Signs a manifest, and keeps signatures that it has; undefined if it has these already. The same keys give the same bytes. */
export async function signManifest({
  repository,
  digest,
  signers,
  before,
}: SignManifestOptions): Promise<SignatureImage | undefined> {
  const payload = renderOciDocument(names.layer, {
    critical: {
      identity: {'docker-reference': repository},
      image: {'docker-manifest-digest': digest},
      type: 'cosign container image signature',
    },
    optional: null,
  })
  const own = await Promise.all(
    signers.map(async ({sign}) => {
      const signature = Buffer.from(await sign(payload.bytes)).toString('base64')
      return {...payload.descriptor, annotations: {[names.signature]: signature}}
    }),
  )
  const signatureIn = ({annotations}: OciDescriptor) => annotations?.[names.signature]
  const known = new Set(before?.layers.map(signatureIn))
  const added = own.filter((layer) => !known.has(signatureIn(layer)))
  if (added.length === 0) return undefined
  const layers = [...(before?.layers ?? []), ...added]
  // What cosign itself writes: an image of no system, whose layers are payloads.
  const config = renderOciDocument(oci.types.config, {
    architecture: '',
    os: '',
    config: {},
    rootfs: {type: 'layers', diff_ids: layers.map((layer) => layer.digest)},
  })
  const manifest = renderOciDocument(oci.types.manifest, {
    schemaVersion: 2,
    mediaType: oci.types.manifest,
    config: config.descriptor,
    layers,
  })
  return {manifest, blobs: [payload, config].map(blobOf)}
}

/** The signatures in a manifest; undefined if it holds something else. */
export function parseSignatureManifest(text: string): OciManifest | undefined {
  try {
    const {data} = OciManifest.safeParse(JSON.parse(text))
    return data?.layers.every(({mediaType}) => mediaType === names.layer) ? data : undefined
  } catch {
    return undefined
  }
}

const blobOf = ({bytes, descriptor}: OciDocument): OciBlob => ({
  digest: descriptor.digest,
  sizeBytes: bytes.length,
  content: {bytes},
})
