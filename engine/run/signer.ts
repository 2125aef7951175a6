/** Signs with one private key. Steps name the public key and get the signature; the private key stays in the signer. */
export interface Signer {
  /** PEM of the public key (SubjectPublicKeyInfo). */
  readonly publicKey: string
  sign(document: Uint8Array): Promise<Uint8Array>
}

/** Signs with the private key of a public one. */
export type Sign = (publicKey: string, document: Uint8Array) => Promise<Uint8Array>

export const signWith =
  (signers: readonly Signer[]): Sign =>
  (publicKey, document) => {
    const signer = signers.find((each) => each.publicKey === publicKey)
    if (signer === undefined) throw new Error('the plan wants a signature of a key that the build was not given')
    return signer.sign(document)
  }
