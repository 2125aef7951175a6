import type {ImageSpec} from '#dsl'
import {releaseSignatures} from '#layout'
import {publicKeyId} from './public-key.ts'

/** Notes about a release that nodes with the keys of its own recipe would refuse. */
export function signatureWarnings(
  {name, version, upgrades}: Pick<ImageSpec, 'name' | 'version' | 'upgrades'>,
  signingKeys: readonly string[],
): string[] {
  if (upgrades === undefined) return []
  if (signingKeys.length === 0)
    return [`${name} ${version} is not signed, and nodes with the keys of its recipe refuse it: give --sign-key`]
  if (signingKeys.some((key) => upgrades.publicKeys.includes(key))) return []
  const ids = signingKeys.map((key) => releaseSignatures.shortKeyId(publicKeyId(key))).join(', ')
  return [
    `${name} ${version} is signed with ${ids}, which is no key of its recipe: nodes that run it take nothing else from that key`,
  ]
}
