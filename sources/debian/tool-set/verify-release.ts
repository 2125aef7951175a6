import {HaosError} from '#dsl'
import {parseStanzas} from '../archive/deb822.ts'

/** A file of an archive that its signed Release file names. */
export interface IndexFile {
  readonly sha256: string
  readonly sizeBytes: number
}

export interface VerifyReleaseOptions {
  /** Trusted OpenPGP keyrings, binary. */
  readonly keys: readonly Uint8Array[]
  readonly suite: string
  /** Where the file comes from, for messages. */
  readonly from: string
  /** The current time. */
  readonly now: Date
}

/**
 * Checks an InRelease file (Debian wiki, "DebianRepository/Format") and returns the files that it names, by their paths.
 *
 * One trusted signature is enough, as for apt: Debian signs with the keys of two releases. Fails with SIGNATURE_INVALID if the
 * file is unsigned, changed, expired, or of another suite.
 */
export async function verifyRelease(
  text: string,
  options: VerifyReleaseOptions,
): Promise<ReadonlyMap<string, IndexFile>> {
  const {suite, now} = options
  const [release] = parseStanzas(await signedText(text, options))
  const names = [release?.get('suite'), release?.get('codename')]
  if (!names.includes(suite)) throw untrusted(options, `it is the list of ${names[1] ?? names[0] ?? 'no suite'}`)
  const until = release?.get('valid-until')
  // A mirror that keeps serving old lists withholds later fixes. Releases state no date, only their updates do.
  if (until !== undefined && !(Date.parse(until) >= now.getTime())) throw untrusted(options, `it expired on ${until}`)
  const files = new Map<string, IndexFile>()
  for (const line of (release?.get('sha256') ?? '').split('\n')) {
    const [, sha256, size, path] = /^\s*([0-9a-f]{64})\s+(\d{1,12})\s+(\S+)$/.exec(line) ?? []
    if (sha256 !== undefined && path !== undefined) files.set(path, {sha256, sizeBytes: Number(size)})
  }
  return files
}

/** The part of a text that a trusted key has signed. */
async function signedText(text: string, options: VerifyReleaseOptions): Promise<string> {
  // Only `lock` needs it, and it takes longer to load than most commands run.
  const {readCleartextMessage, readKeys, verify} = await import('openpgp')
  const verificationKeys = (await Promise.all(options.keys.map((binaryKeys) => readKeys({binaryKeys})))).flat()
  const message = await readCleartextMessage({cleartextMessage: text}).catch((cause: unknown) => {
    throw untrusted(options, 'it is not a signed text', cause)
  })
  const {data, signatures} = await verify({message, verificationKeys, date: options.now})
  const verdicts = await Promise.allSettled(signatures.map(({verified}) => verified))
  if (verdicts.some(({status}) => status === 'fulfilled')) return data
  const reasons = verdicts.map((verdict) => (verdict.status === 'rejected' ? String(verdict.reason.message) : ''))
  throw untrusted(options, reasons.join('; ') || 'it has no signature')
}

const untrusted = ({from, suite}: VerifyReleaseOptions, problem: string, cause?: unknown): HaosError =>
  new HaosError('SIGNATURE_INVALID', `the mirror serves no trusted list of ${suite}: ${problem}`, {
    at: from,
    hint: 'Use another mirror, and check the clock of this machine.',
    cause,
  })
