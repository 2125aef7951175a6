import {createHash, createPublicKey, type KeyObject, verify} from 'node:crypto'

/** A public key that signs releases. */
export interface PublicKey {
  /** SHA-256 of the key as DER (SubjectPublicKeyInfo), in hexadecimal. */
  readonly id: string
  /** The key alone, in the one form that everything compares. */
  readonly pem: string
}

/** The public key of a key object; undefined if it is neither Ed25519 nor ECDSA on P-256. */
export function publicKeyOf(key: KeyObject): PublicKey | undefined {
  const isEd25519 = key.asymmetricKeyType === 'ed25519'
  const isP256 = key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
  if (!isEd25519 && !isP256) return undefined
  const publicKey = key.type === 'public' ? key : createPublicKey(key)
  const id = createHash('sha256')
    .update(publicKey.export({type: 'spki', format: 'der'}))
    .digest('hex')
  return {id, pem: publicKey.export({type: 'spki', format: 'pem'}).toString()}
}

/** Id of a public key that has been read, such as that of a recipe or a signer. */
export const publicKeyId = (pem: string): string =>
  createHash('sha256')
    .update(createPublicKey(pem).export({type: 'spki', format: 'der'}))
    .digest('hex')

/** Whether a signature of a document is that of a key. */
export function isSignatureOf(pem: string, document: Uint8Array, signature: Uint8Array): boolean {
  const key = createPublicKey(pem)
  return verify(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', document, key, signature)
}
