import {createPrivateKey, type KeyObject, sign} from 'node:crypto'
import {readFile} from 'node:fs/promises'
import {HaosError} from '#dsl'
import {errnoOf, type Signer} from '#engine'
import {publicKeyOf} from './public-key.ts'

/** Environment variable with the passphrase of encrypted private keys. */
export const passphraseVariable = 'HAOS_BUILD_SIGN_PASSPHRASE'

export interface LoadSignerOptions {
  /** Passphrase of an encrypted key. */
  readonly passphrase: string | undefined
  /** The flag that names the key, for messages. Default: `--sign-key`. */
  readonly flag?: string
}

/**
 * Reads a private key that signs releases: PEM, Ed25519 or ECDSA on P-256, possibly encrypted. Fails with USAGE_INVALID.
 *
 * Both kinds give the same signature for the same document each time (RFC 8032; RFC 6979, which Node's own ECDSA does not follow),
 * so that a signed build is as reproducible as one without a signature.
 */
export async function loadSigner(path: string, {passphrase, flag = '--sign-key'}: LoadSignerOptions): Promise<Signer> {
  const refuse = (message: string, hint: string, cause?: unknown) =>
    new HaosError('USAGE_INVALID', `${path} ${message}`, {at: flag, hint, ...(cause !== undefined && {cause})})
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw refuse(
      errnoOf(error) === 'ENOENT' ? 'does not exist' : 'cannot be read',
      `Give ${flag} the file of a private key.`,
      error,
    )
  })
  if (text.includes('SIGSTORE PRIVATE KEY') || text.includes('COSIGN PRIVATE KEY'))
    throw refuse(
      "is encrypted in cosign's own format",
      'Let cosign sign: give --sign-key cosign.pub, and --sign-command as docs/upgrades.md shows.',
    )
  const isEncrypted = /BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(text)
  if (isEncrypted && passphrase === undefined)
    throw refuse('is encrypted', `Set ${passphraseVariable} to its passphrase in the environment.`)
  const key = readPrivateKey(text, passphrase)
  if (key === undefined)
    throw isEncrypted
      ? refuse('cannot be decrypted', `Check the passphrase in ${passphraseVariable}.`)
      : refuse('is not a private key in PEM', 'Make one with `openssl genpkey -algorithm ed25519 -out release.pem`.')
  const publicKey = publicKeyOf(key)
  if (publicKey === undefined)
    throw refuse(
      `is a key of the kind ${key.asymmetricKeyType}`,
      'Use an Ed25519 or ECDSA P-256 key: `openssl genpkey -algorithm ed25519 -out release.pem` makes one.',
    )
  return {publicKey: publicKey.pem, sign: (document) => signDocument(document, key)}
}

/** Undefined if it is none. The reason is not kept: it might quote the key. */
function readPrivateKey(text: string, passphrase: string | undefined): KeyObject | undefined {
  try {
    return createPrivateKey({key: text, ...(passphrase !== undefined && {passphrase})})
  } catch {
    return undefined
  }
}

async function signDocument(document: Uint8Array, key: KeyObject): Promise<Uint8Array> {
  if (key.asymmetricKeyType === 'ed25519') return sign(null, document, key)
  // Not at the top: few builds sign, and each would load it.
  const {p256} = await import('@noble/curves/nist.js')
  const {d = ''} = key.export({format: 'jwk'})
  return p256.sign(document, Buffer.from(d, 'base64url'), {prehash: true, lowS: false, format: 'der'})
}
