import * as z from 'zod'
import {UrlText} from './part-schemas.ts'

/** `file('keys/release.pub.pem')`. */
const KeyFile = z
  .strictObject({kind: z.literal('config-file'), path: z.union([z.string().min(1), UrlText])})
  .transform(({path}) => path)

const PublicKey = z
  .union([z.string().min(1), UrlText, KeyFile])
  .refine(
    (key) => !/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key),
    'is a private key: a recipe and its image must contain the public one only',
  )

/** What a node demands of a release before it upgrades to it. */
export const Upgrades = z.strictObject({
  /**
   * Keys of which one must have signed the release: Ed25519 or ECDSA on P-256, each as a PEM file relative to the recipe,
   * `file('keys/release.pub.pem')`, or as its text. Several, so that they can be rotated.
   */
  publicKeys: z.array(PublicKey).min(1),
})
export type Upgrades = z.output<typeof Upgrades>
export type UpgradesInput = z.input<typeof Upgrades>
