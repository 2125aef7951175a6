import {open} from 'node:fs/promises'
import {setTimeout as sleep} from 'node:timers/promises'
import {HaosError} from '#dsl'
import type {OciBlob} from '../oci/open-images.ts'
import type {RegistryClient, RegistryResponse} from './registry-client.ts'

/** Bytes of one request: a registry behind a proxy rarely accepts more, and a broken connection loses at most that much. */
const usualChunkBytes = 16 << 20

export interface UploadOptions {
  /** Repositories of the same registry that may have the blob. */
  readonly mountFrom: readonly string[]
  /** Default: 16 MiB. */
  readonly chunkBytes?: number | undefined
  readonly signal: AbortSignal
}

/** How a blob came to the repository. */
export type Uploaded = 'present' | 'mounted' | 'sent'

/** Brings a blob to a repository, unless it is there. Resumes after a broken connection. Fails with REGISTRY_REFUSED. */
export async function uploadBlob(client: RegistryClient, blob: OciBlob, options: UploadOptions): Promise<Uploaded> {
  const {digest} = blob
  const to = `blobs/${digest}`
  const {status} = await client.send({method: 'HEAD', to, what: 'say whether it has a layer', expected: [200, 404]})
  if (status === 200) return 'present'
  let begun: RegistryResponse | undefined
  for (const from of options.mountFrom) {
    const query = new URLSearchParams({mount: digest, from})
    // Some registries refuse what they cannot mount; others begin an upload instead.
    const answer = await begin(client, `?${query}`, [400, 403, 404, 405])
    if (answer.status === 201) return 'mounted'
    if (answer.status === 202) begun = answer
  }
  for (let attempt = 1; ; attempt++) {
    try {
      await send(client, blob, begun ?? (await begin(client)), options)
      return 'sent'
    } catch (error) {
      begun = undefined
      // The registry has forgotten the upload: once more from the beginning.
      if (!(error instanceof UploadLost) || attempt >= 5) throw error instanceof UploadLost ? error.refusal : error
    }
  }
}

/** An upload that cannot be resumed. */
class UploadLost extends Error {
  readonly refusal: unknown

  constructor(refusal: unknown) {
    super('the upload was lost')
    this.refusal = refusal
  }
}

const begin = (client: RegistryClient, query = '', alsoExpected: readonly number[] = []): Promise<RegistryResponse> =>
  client.send({
    method: 'POST',
    to: `blobs/uploads/${query}`,
    what: 'begin an upload',
    expected: [201, 202, ...alsoExpected],
  })

async function send(
  client: RegistryClient,
  blob: OciBlob,
  begun: RegistryResponse,
  {chunkBytes = usualChunkBytes, signal}: UploadOptions,
) {
  const {digest, sizeBytes} = blob
  const least = Number(begun.headers.get('oci-chunk-min-length') ?? 0)
  const step = Math.max(chunkBytes, least)
  let location = required(begun.location, client)
  if (sizeBytes <= step) {
    await finish(client, location, digest, await readPart(blob, 0, sizeBytes))
    return
  }
  let offset = 0
  let failures = 0
  while (offset < sizeBytes) {
    const body = await readPart(blob, offset, Math.min(step, sizeBytes - offset))
    const end = offset + body.length - 1
    try {
      const answer = await client.send({
        method: 'PATCH',
        to: location,
        headers: {'content-type': 'application/octet-stream', 'content-range': `${offset}-${end}`},
        body,
        what: 'take a part of a layer',
        expected: [202],
        // A part of it may have arrived: asking comes first.
        tries: 1,
      })
      location = required(answer.location, client)
      offset = end + 1
      failures = 0
    } catch (error) {
      if (++failures > 5 || !(error instanceof HaosError)) throw error
      await sleep(500 * failures, undefined, {signal})
      const state = await stateOf(client, location, error)
      location = state.location
      offset = state.offset
    }
  }
  await finish(client, location, digest, new Uint8Array())
}

/** How much of an upload has arrived. */
async function stateOf(client: RegistryClient, location: string, error: unknown) {
  const what = 'say how much has arrived'
  const state = await client.send({method: 'GET', to: location, what, expected: [204, 404]}).catch((refusal) => {
    throw new UploadLost(refusal)
  })
  if (state.status === 404) throw new UploadLost(error)
  const last = Number(/^(?:bytes=)?0-(\d+)$/.exec(state.headers.get('range') ?? '')?.[1] ?? 0)
  // Distribution says 0-0 of an empty upload as well as of one byte, which no chunk is.
  return {location: state.location ?? location, offset: last === 0 ? 0 : last + 1}
}

async function finish(client: RegistryClient, location: string, digest: string, body: Uint8Array<ArrayBuffer>) {
  const url = new URL(location)
  url.searchParams.set('digest', digest)
  const headers = {'content-type': 'application/octet-stream'}
  // Monolithic, it cannot be resumed, but repeated with a new upload.
  await client
    .send({method: 'PUT', to: url.href, headers, body, what: 'take a layer', expected: [201], tries: 1})
    .catch((error) => {
      throw new UploadLost(error)
    })
}

async function readPart(
  {content, sizeBytes}: OciBlob,
  offset: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if ('bytes' in content) return new Uint8Array(content.bytes.subarray(offset, offset + length))
  await using file = await open(content.hostPath, 'r')
  const buffer = new Uint8Array(length)
  const {bytesRead} = await file.read(buffer, 0, length, content.offset + offset)
  if (bytesRead < length) throw new Error(`${content.hostPath} ends before byte ${content.offset + sizeBytes}`)
  return buffer
}

function required(location: string | undefined, {registry}: RegistryClient): string {
  if (location !== undefined) return location
  throw new HaosError('REGISTRY_REFUSED', `${registry} does not say where an upload goes`, {
    at: registry,
    hint: 'Check that this is a registry (OCI distribution specification), and that no proxy removes the header Location.',
  })
}
