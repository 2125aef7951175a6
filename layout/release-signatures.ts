import type {Identity} from '#dsl'
import {releaseFile} from './release.ts'

/** A signature of the bytes of release.json: Ed25519 (RFC 8032), or ECDSA over P-256 with SHA-256 as DER (RFC 3279, 2.2.3). */
interface ReleaseSignature {
  /** SHA-256 of the public key as DER (SubjectPublicKeyInfo), in hexadecimal. */
  readonly keyId: string
  readonly base64: string
}

/** Signatures of a release, and the keys by which a node checks them. */
export const releaseSignatures = {
  /** File beside release.json with one signature in each line: the id of the key and the signature in base64. */
  file: `${releaseFile}.sig`,
  /** Directory of an image with the public keys that sign its upgrades: `ID.pem` each. */
  keysDirectory: ({name}: Pick<Identity, 'name'>): string => `/usr/lib/${name}/upgrade-keys`,
  render: (signatures: readonly ReleaseSignature[]): string =>
    signatures.map(({keyId, base64}) => `${keyId} ${base64}\n`).join(''),
  parse: parseSignatures,
  /** A key as people name it in messages: enough of its id to tell keys apart. */
  shortKeyId: (keyId: string): string => keyId.slice(0, 12),
} as const

/** Undefined if a line is not a signature, or if there is none. */
function parseSignatures(text: string): readonly ReleaseSignature[] | undefined {
  const lines = text.split('\n').filter((line) => line !== '')
  const found = lines.flatMap((line) => {
    const [, keyId, base64] = /^([0-9a-f]{64}) ([A-Za-z0-9+/]{16,256}={0,2})$/.exec(line) ?? []
    return keyId === undefined || base64 === undefined ? [] : [{keyId, base64}]
  })
  return found.length === 0 || found.length < lines.length ? undefined : found
}
