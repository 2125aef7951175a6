import type {Identity} from '#dsl'
import {releaseSignatures} from '#layout'
import type {Host} from '../../host/host.ts'

/** A public key of the system that runs on the node. */
export interface TrustedKey {
  readonly keyId: string
  /** Path of its PEM from the root of the node. */
  readonly path: string
}

/** The keys of which one must sign a release: those of the system that runs, below the root of the node. */
export function trustedKeys(host: Host, root: string, identity: Identity): TrustedKey[] {
  const directory = releaseSignatures.keysDirectory(identity)
  return (host.list(`${root}${directory}`) ?? []).flatMap((name) => {
    const keyId = /^([0-9a-f]{64})\.pem$/.exec(name)?.[1]
    return keyId === undefined ? [] : [{keyId, path: `${directory}/${name}`}]
  })
}
