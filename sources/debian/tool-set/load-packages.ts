import {gunzipSync} from 'node:zlib'
import {type Arch, HaosError} from '#dsl'
import {digestOfBytes, type Http, readBody} from '#engine'
import type {DebianArchive} from '../apt/archives.ts'
import {decodeXz} from '../archive/decode-xz.ts'
import {debianArch} from '../debian-arch.ts'
import {type IndexFile, verifyRelease} from './verify-release.ts'

export interface LoadPackagesOptions {
  /** Trusted OpenPGP keyrings, binary. */
  readonly keys: readonly Uint8Array[]
  readonly arch: Arch
  readonly http: Http
  readonly signal: AbortSignal
  /** The current time. */
  readonly now: Date
}

/** The largest Release file of Debian is 300 kB, its largest index 60 MB. */
const [maxReleaseBytes, maxIndexBytes] = [4 << 20, 512 << 20]

/** Indexes as mirrors have them, the fastest to unpack first. Debian's security archive has only xz, a small one only plain text. */
const forms = [
  {ending: '.gz', decode: (bytes: Uint8Array) => gunzipSync(bytes, {maxOutputLength: maxIndexBytes})},
  {ending: '.xz', decode: (bytes: Uint8Array) => decodeXz(bytes, maxIndexBytes)},
  {ending: '', decode: (bytes: Uint8Array) => bytes},
]

/**
 * The package lists of an archive, one text for each of its suites, from the first mirror that answers.
 *
 * It needs neither apt nor gpgv. Fails with SIGNATURE_INVALID, DIGEST_MISMATCH or DOWNLOAD_FAILED.
 */
export async function loadPackages(archive: DebianArchive, options: LoadPackagesOptions): Promise<readonly string[]> {
  let failure: unknown
  for (const mirror of archive.mirrors) {
    try {
      return await Promise.all(archive.suites.map((suite) => loadSuite(mirror, suite, options)))
    } catch (error) {
      failure ??= error
      if (!(error instanceof HaosError) || error.code !== 'DOWNLOAD_FAILED') throw error
    }
  }
  throw failure ?? new HaosError('RECIPE_INVALID', `no mirror of Debian's ${archive.name} archive is known`, noMirror)
}

const noMirror = {
  at: 'base.mirrors',
  hint: "Name mirrors in the recipe's `debian({mirrors: […]})`: this machine's apt has none configured.",
}

async function loadSuite(mirror: string, suite: string, options: LoadPackagesOptions): Promise<string> {
  const directory = `${mirror}/dists/${suite}`
  const from = `${directory}/InRelease`
  const release = await verifyRelease(Buffer.from(await download(from, maxReleaseBytes, options)).toString(), {
    ...options,
    suite,
    from,
  })
  const path = `main/binary-${debianArch(options.arch)}/Packages`
  for (const {ending, decode} of forms) {
    const listed = release.get(`${path}${ending}`)
    if (listed === undefined) continue
    const bytes = await download(`${directory}/${path}${ending}`, listed.sizeBytes, options)
    refuseChanged(bytes, listed, `${directory}/${path}${ending}`)
    return Buffer.from(await decode(bytes)).toString()
  }
  throw new HaosError('PACKAGE_NOT_FOUND', `the mirror has no packages of ${suite} for ${options.arch}`, {
    at: from,
    hint: 'Use another mirror: this one may leave out architectures.',
  })
}

async function download(url: string, maxBytes: number, {http, signal}: LoadPackagesOptions): Promise<Uint8Array> {
  const response = await http.get(url, {signal})
  const bytes = await readBody(response, url, response.status === 200 ? maxBytes : maxReleaseBytes)
  if (response.status === 200) return bytes
  throw new HaosError('DOWNLOAD_FAILED', `the mirror answered ${response.status}`, {
    at: url,
    hint: 'Check the mirror, or name another one.',
  })
}

function refuseChanged(bytes: Uint8Array, {sha256}: IndexFile, at: string): void {
  if (digestOfBytes(bytes) === sha256) return
  throw new HaosError('DIGEST_MISMATCH', 'the package list is not the one that is signed', {
    at,
    hint: 'Try again in some minutes, as the mirror may just be updated, or use another one.',
  })
}
