import {HaosError} from '#dsl'
import {readTarMembers} from '#formats'
import {damagedArchive, type GzipMember, readGzipMember} from '../unpack/gzip-member.ts'
import {checkBranch} from './check-branch.ts'
import {checkSignatures, type KeyRing, signingKeyNames} from './key-ring.ts'

/** Maximum unpacked size of an index. Alpine's largest is 8 MB. */
const MAX_INDEX_BYTES = 128 << 20
const maxDescriptionBytes = 256
const MAX_SIGNATURE_BYTES = 1 << 20

export interface ReadIndexOptions {
  /** Its name in messages: a URL or a path. */
  readonly origin: string
  /** Trusted keys: one of them must have signed it. Default: signatures are not checked. */
  readonly keys?: KeyRing | undefined
}

/**
 * Returns the text of an `APKINDEX.tar.gz` after checking its signature.
 *
 * Throws `SIGNATURE_INVALID` if no trusted key has signed exactly these bytes or if they belong to another branch, and
 * `PACKAGE_INVALID` if the file is not an index.
 */
export function readIndex(file: Buffer, {origin, keys}: ReadIndexOptions): Buffer {
  refuseAdb(file, origin)
  const first = readGzipMember(file, 0, {origin, maxBytes: MAX_INDEX_BYTES})
  const signatures = readTarMembers(first.content, (problem) => damagedArchive(origin, problem)).filter(({name}) =>
    name.startsWith('.SIGN.'),
  )
  const isSigned = signatures.length > 0 && first.content.length <= MAX_SIGNATURE_BYTES
  if (keys) {
    const signed = file.subarray(isSigned ? first.end : 0)
    const verdict = isSigned ? checkSignatures(signatures, signed, keys) : 'untrusted'
    if (verdict !== 'good') throw signatureError(verdict, {origin, signedBy: signingKeyNames(signatures), keys})
  }
  const index = isSigned ? readGzipMember(file, first.end, {origin, maxBytes: MAX_INDEX_BYTES}) : first
  return indexText(file, index, origin)
}

function indexText(file: Buffer, member: GzipMember, origin: string): Buffer {
  const members = readTarMembers(member.content, (problem) => damagedArchive(origin, problem))
  const found = members.find(({name}) => name === 'APKINDEX')
  const description = members.find(({name}) => name === 'DESCRIPTION')
  if (description) checkBranch(origin, description.content.toString('latin1', 0, maxDescriptionBytes))
  if (!found) throw damagedArchive(origin, 'there is no APKINDEX in it')
  if (member.end !== file.length) throw damagedArchive(origin, `it continues after its end at byte ${member.end}`)
  return found.content
}

/** Refuses files of apk 3 (database format "ADB"), which have an entirely different structure. */
export function refuseAdb(file: Buffer, origin: string): void {
  if (file.toString('latin1', 0, 3) !== 'ADB') return
  throw new HaosError('PACKAGE_INVALID', `${origin} is in the format of apk 3 (ADB), which haos-build does not read`, {
    at: origin,
    hint: 'Use a repository that offers APKINDEX.tar.gz and packages of apk 2, as all Alpine releases do.',
  })
}

interface SignatureProblem {
  readonly origin: string
  readonly signedBy: readonly string[]
  readonly keys: KeyRing
}

/** The error for a file without a valid signature by a trusted key. */
export function signatureError(verdict: 'bad' | 'untrusted', {origin, signedBy, keys}: SignatureProblem): HaosError {
  const trusted = keys.size === 0 ? 'no key is trusted' : `trusted are ${[...keys.keys()].join(', ')}`
  const message =
    verdict === 'bad'
      ? `the signature of ${origin} does not match its content`
      : signedBy.length === 0
        ? `${origin} is not signed`
        : `${origin} is signed by ${signedBy.join(', ')}; ${trusted}`
  return new HaosError('SIGNATURE_INVALID', message, {
    at: origin,
    hint:
      verdict === 'bad'
        ? 'Fetch it again; if the error persists, do not use this repository.'
        : 'Add the key to the trusted keys once you are sure whose it is.',
  })
}
