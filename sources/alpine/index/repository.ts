import {createReadStream} from 'node:fs'
import {join, resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import {HaosError} from '#dsl'
import type {Http} from '#engine'
import {errnoOf} from '#engine'

/** Location of packages: a host directory or a URL, with one subdirectory for each architecture. */
export interface Repository {
  readonly place: string
  /** Packages of a tagged repository are taken only where `name@tag` asks for it. */
  readonly tag?: string | undefined
}

/** Reads a line of `etc/apk/repositories`: `[@tag ]DIRECTORY_OR_URL`. Throws `INPUT_INVALID`. */
export function parseRepository(line: string): Repository {
  const {tag, place} = /^(?:@(?<tag>\S+)\s+)?(?<place>[^@\s]\S*)$/.exec(line.trim())?.groups ?? {}
  if (place === undefined) {
    throw new HaosError('INPUT_INVALID', `${JSON.stringify(line)} names no repository`, {
      hint: 'Write a directory or an address, with "@tag " before it if it has a tag.',
    })
  }
  return {place: place.replace(/(?<=.)\/+$/, ''), tag}
}

/** Whether a repository is asked over the network. */
export const isRemote = ({place}: Repository): boolean => /^https?:\/\//.test(place)

/** The address of a file of a repository, for messages, requests and origins. */
export const addressOf = ({place}: Repository, path: string): string =>
  /^[a-z]+:\/\//.test(place) ? `${place}/${path}` : join(resolve(place), path)

export interface ReadRepositoryOptions {
  readonly http: Http
  readonly signal: AbortSignal
  /** How large the file may be. */
  readonly maxBytes: number
}

/** A file of a repository, whole. Throws `DOWNLOAD_GONE` when it is not there, or larger than it may be. */
export async function readRepositoryFile(
  repository: Repository,
  path: string,
  options: ReadRepositoryOptions,
): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(streamRepositoryFile(repository, path, options)))
}

/** A file of a repository, piece by piece. Throws as {@link readRepositoryFile}. */
export async function* streamRepositoryFile(
  repository: Repository,
  path: string,
  {http, signal, maxBytes}: ReadRepositoryOptions,
): AsyncGenerator<Uint8Array> {
  const address = addressOf(repository, path)
  let body: AsyncIterable<Uint8Array>
  if (isRemote(repository)) {
    const response = await http.get(address, {signal})
    if (response.status !== 200) throw gone(address, `the server answers ${response.status}`)
    body = response.body
  } else body = readLocalFile(address)
  let size = 0
  for await (const piece of body) {
    size += piece.length
    if (size > maxBytes) throw gone(address, `it has more than ${maxBytes} bytes`)
    yield piece
  }
}

async function* readLocalFile(address: string): AsyncGenerator<Uint8Array> {
  const path = address.startsWith('file:') ? fileURLToPath(address) : address
  try {
    yield* createReadStream(path)
  } catch (cause) {
    throw gone(path, errnoOf(cause) ?? String(cause))
  }
}

const gone = (address: string, reason: string): HaosError =>
  new HaosError('DOWNLOAD_GONE', `${address} cannot be fetched: ${reason}`, {
    at: address,
    hint: 'A repository is the directory above that of the architecture: check the path, and the release in it.',
  })
