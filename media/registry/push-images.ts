import type {EmitEvent, Signer} from '#engine'
import {type OciManifest, oci} from '#layout'
import type {OciImages} from '../oci/open-images.ts'
import {parseSignatureManifest, signatureTag, signManifest} from './cosign-signature.ts'
import {type Credentials, dockerCredentials} from './docker-credentials.ts'
import {RegistryClient} from './registry-client.ts'
import {uploadBlob} from './upload-blob.ts'

export interface PushOptions {
  /** Where to. */
  readonly to: NonNullable<ReturnType<typeof oci.parseReference>>
  /** File with credentials. Default: Docker's own. */
  readonly credentialsFile?: string | undefined
  /** http although the registry is another machine. */
  readonly plainHttp: boolean
  /** Repositories of the same registry that may have some of the layers. */
  readonly mountFrom: readonly string[]
  readonly chunkBytes?: number | undefined
  /** Those that sign the image, as cosign does. Default: none. */
  readonly signers?: readonly Signer[]
  readonly emit: EmitEvent
  readonly signal: AbortSignal
}

/** An image that was pushed. */
export interface PushedImage {
  /** Name with the tag. */
  readonly name: string
  readonly digest: string
  readonly sizeBytes: number
  /** Bytes that the registry did not have. */
  readonly sentBytes: number
}

/**
 * Pushes an image (OCI distribution specification 1.1, "Push"): what the registry lacks, then the manifests, last what the tag
 * leads to, so that the tag never names an incomplete image. Fails with REGISTRY_REFUSED.
 */
export async function pushOciImages(
  {root, manifests, blobs, tag: usualTag}: OciImages,
  {
    to: {registry, repository, tag = usualTag, isLocal},
    plainHttp,
    mountFrom,
    chunkBytes,
    signers = [],
    emit,
    signal,
    ...options
  }: PushOptions,
): Promise<PushedImage> {
  const credentials: Credentials | undefined = await dockerCredentials(registry, options.credentialsFile)
  const isPlain = plainHttp || isLocal
  const client = new RegistryClient({registry, repository, alsoRead: mountFrom, credentials, isPlain, signal})
  let sentBytes = 0
  for (const blob of blobs) {
    const how = await uploadBlob(client, blob, {mountFrom, chunkBytes, signal})
    if (how === 'sent') sentBytes += blob.sizeBytes
    emit({
      type: 'note',
      message: `${blob.digest.slice(0, 19)}… of ${(blob.sizeBytes / 1e6).toFixed(1)} MB: ${said[how]}`,
    })
  }
  const put = (reference: string, bytes: Uint8Array, mediaType: string) =>
    client.send({
      method: 'PUT',
      to: `manifests/${reference}`,
      headers: {'content-type': mediaType},
      body: new Uint8Array(bytes),
      what: 'take the manifest',
      expected: [201],
    })
  for (const {bytes, descriptor} of manifests) await put(descriptor.digest, bytes, descriptor.mediaType)
  // Before the tag, so that it never names an image without its signatures.
  if (signers.length > 0)
    for (const {descriptor} of [...manifests, root]) {
      const {digest} = descriptor
      const before = await fetchSignatures(client, digest)
      const signed = await signManifest({repository: `${registry}/${repository}`, digest, signers, before})
      if (signed === undefined) continue
      for (const blob of signed.blobs) await uploadBlob(client, blob, {mountFrom: [], chunkBytes, signal})
      await put(signatureTag(digest), signed.manifest.bytes, signed.manifest.descriptor.mediaType)
    }
  await put(tag, root.bytes, root.descriptor.mediaType)
  return {
    name: `${registry}/${repository}:${tag}`,
    digest: root.descriptor.digest,
    sizeBytes: blobs.reduce((sum, {sizeBytes}) => sum + sizeBytes, 0),
    sentBytes,
  }
}

/** Signatures that a manifest has in the registry. */
async function fetchSignatures(client: RegistryClient, digest: string): Promise<OciManifest | undefined> {
  const {status, text} = await client.send({
    method: 'GET',
    to: `manifests/${signatureTag(digest)}`,
    headers: {accept: oci.types.manifest},
    what: 'give the signatures of the image',
    expected: [200, 404],
    wantsText: true,
  })
  return status === 200 ? parseSignatureManifest(text) : undefined
}

const said = {present: 'is there already', mounted: 'is taken from another repository', sent: 'sent'} as const
