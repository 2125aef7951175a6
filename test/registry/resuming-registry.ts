import {createHash} from 'node:crypto'
import {createServer} from 'node:http'
import {listenInTest} from '../listen.ts'

/** A registry that keeps what arrived of a broken upload, as the distribution specification wants, which Debian's does not. */
export interface ResumingRegistry {
  readonly host: string
  /** Digests of what was uploaded. */
  readonly stored: readonly string[]
  /** First byte of each part that was sent. */
  readonly starts: readonly number[]
}

/** Starts one that breaks connections once more than so many bytes of a part have arrived, the first `times`. */
export async function startResumingRegistry(cut: {
  readonly afterBytes: number
  readonly times: number
}): Promise<ResumingRegistry> {
  const uploads = new Map<string, Buffer>()
  const stored: string[] = []
  const starts: number[] = []
  let cutsLeft = cut.times
  const server = createServer((request, response) => {
    const {method = '', url = '', headers} = request
    const answer = (status: number, more: Record<string, string> = {}) => void response.writeHead(status, more).end()
    const [, id = ''] = /\/uploads\/(\d+)/.exec(url) ?? []
    const kept = uploads.get(id) ?? Buffer.alloc(0)
    if (method === 'HEAD') return answer(404)
    if (method === 'GET') return answer(204, {location: `/v2/haos/blobs/uploads/${id}`, range: `0-${kept.length - 1}`})
    if (method === 'POST') {
      const next = String(uploads.size + 1)
      uploads.set(next, Buffer.alloc(0))
      return answer(202, {location: `/v2/haos/blobs/uploads/${next}`})
    }
    const start = /^(\d+)-\d+$/.exec(headers['content-range'] ?? '')?.[1]
    if (start !== undefined) starts.push(Number(start))
    if (start !== undefined && Number(start) !== kept.length) return answer(416)
    let body = kept
    request.on('data', (piece: Buffer) => {
      body = Buffer.concat([body, piece])
      if (id !== '') uploads.set(id, body)
      if (method !== 'PATCH' || cutsLeft === 0 || body.length - kept.length <= cut.afterBytes) return
      cutsLeft--
      request.socket.destroy()
    })
    request.on('end', () => {
      if (method === 'PATCH') return answer(202, {location: `/v2/haos/blobs/uploads/${id}`})
      const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`
      const asked = new URL(url, 'http://x').searchParams.get('digest')
      if (asked !== null && asked !== digest) return answer(400)
      stored.push(digest)
      return answer(201)
    })
    request.on('error', () => {})
    return undefined
  })
  return {host: `127.0.0.1:${await listenInTest(server)}`, stored, starts}
}
