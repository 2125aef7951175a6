import {createWriteStream} from 'node:fs'
import {join} from 'node:path'
import {pipeline} from 'node:stream/promises'
import {HaosError, redactUrl} from '#dsl'
import {type Http, readBody} from '#engine'
import {type FinishedFile, parseSums, sumsFile} from './verify-files.ts'

const mostSumsBytes = 1 << 20

/**
 * Finished files below a URL, as SHA256SUMS there names them. Their bytes are fetched only when they are asked for, into `scratch`.
 *
 * Fails with DOWNLOAD_FAILED, and with USAGE_INVALID if a name is not there or there are none.
 */
export async function publishedFiles(
  url: string,
  {
    names,
    http,
    scratch,
    signal,
  }: {
    /** Which files. Default: all. */
    readonly names: readonly string[]
    readonly http: Http
    readonly scratch: string
    readonly signal: AbortSignal
  },
): Promise<FinishedFile[]> {
  const place = (name: string) => `${url.replace(/\/+$/, '')}/${name.split('/').map(encodeURIComponent).join('/')}`
  const get = async (name: string) => {
    const answer = await http.get(place(name), {signal})
    if (answer.status === 200) return answer
    throw new HaosError('DOWNLOAD_FAILED', `${redactUrl(place(name))} answered ${answer.status}`, {
      at: redactUrl(place(name)),
      hint: 'Give the URL of the directory that a build has made: it holds SHA256SUMS.',
    })
  }
  const list = await readBody(await get(sumsFile), place(sumsFile), mostSumsBytes)
  const sums = parseSums(Buffer.from(list).toString(), redactUrl(place(sumsFile)))
  const chosen = names.length > 0 ? names : [...sums.keys()]
  if (chosen.length === 0)
    throw new HaosError('USAGE_INVALID', `${redactUrl(place(sumsFile))} names no finished files`, {
      at: '--against',
      hint: 'Give the URL of the directory that a build has made.',
    })
  return chosen.map((name, index) => {
    const sha256 = sums.get(name)
    if (sha256 === undefined)
      throw new HaosError('USAGE_INVALID', `${redactUrl(place(sumsFile))} does not name ${name}`, {
        at: name,
        hint: `It names ${[...sums.keys()].slice(0, 8).join(', ')}.`,
      })
    return {
      label: redactUrl(place(name)),
      name,
      isPlaced: true,
      sha256,
      async bytes(mostBytes) {
        const path = join(scratch, String(index))
        const {body} = await get(name)
        await pipeline(limited(body, mostBytes, redactUrl(place(name))), createWriteStream(path), {signal})
        return path
      },
    }
  })
}

async function* limited(body: AsyncIterable<Uint8Array>, mostBytes: number, url: string): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const piece of body) {
    bytes += piece.length
    if (bytes > mostBytes)
      throw new HaosError(
        'DOWNLOAD_FAILED',
        `${url} is longer than ${mostBytes} bytes, which is more than twice its size`,
        {
          at: url,
          hint: 'It is not the file that the recipe makes: do not use it.',
        },
      )
    yield piece
  }
}
