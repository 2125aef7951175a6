/** The description of a release as it was signed, byte for byte. */
export interface SignedDocument {
  /** The text of release.json. */
  readonly text: string
  /** The text of release.json.sig; undefined if the release is not signed. */
  readonly signatures: string | undefined
}
