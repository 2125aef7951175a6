import {createReadStream} from 'node:fs'
import {join, resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import {HaosError} from '#dsl'
import type {Http} from '#engine'
import {errnoOf} from '#engine'

/** A package repository: a host directory or a URL, with one subdirectory for each architecture. */
export interface Repository {
  readonly location: string
  /** Packages of a tagged repository are installed only if `name@tag` requests them. */
  readonly tag?: string | undefined
}

/** Reads a line of `etc/apk/repositories`: `[@tag ]DIRECTORY_OR_URL`. Throws `INPUT_INVALID`. */
export function parseRepository(line: string): Repository {
  const {tag, location} = /^(?:@(?<tag>\S+)\s+)?(?<location>[^@\s]\S*)$/.exec(line.trim())?.groups ?? {}
  if (location === undefined) {
    throw new HaosError('INPUT_INVALID', `${JSON.stringify(line)} names no repository`, {
      hint: 'Write a directory or a URL, with "@tag " before it if it has a tag.',
    })
  }
  return {location: location.replace(/(?<=.)\/+$/, ''), tag}
}

/** Whether a repository is read over the network. */
export const isRemote = ({location}: Repository): boolean => /^https?:\/\//.test(location)

/** The URL or path of a file in a repository, for messages, requests and origins. */
export const addressOf = ({location}: Repository, path: string): string =>
  /^[a-z]+:\/\//.test(location) ? `${location}/${path}` : join(resolve(location), path)

export interface ReadRepositoryOptions {
  readonly http: Http
  readonly signal: AbortSignal
  /** Maximum size of the file. */
  readonly maxBytes: number
}

/** Reads a whole file of a repository. Throws `DOWNLOAD_GONE` if it does not exist or is larger than `maxBytes`. */
export async function readRepositoryFile(
  repository: Repository,
  path: string,
  options: ReadRepositoryOptions,
): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(streamRepositoryFile(repository, path, options)))
}

/** Streams a file of a repository. Throws like {@link readRepositoryFile}. */
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
    if (size > maxBytes) throw gone(address, `it is larger than ${maxBytes} bytes`)
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
    hint: 'Check the path and the release in it: a repository is the directory that holds those of the architectures.',
  })
