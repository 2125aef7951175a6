import type {FileNode, ImageSpec} from '#dsl'
import {releaseSignatures} from '#layout'
import {publicKeyId} from './public-key.ts'

/** The public keys of the recipe's upgrades, where the node looks for them. */
export const upgradeKeyNodes = ({identity, upgrades}: Pick<ImageSpec, 'identity' | 'upgrades'>): FileNode[] =>
  (upgrades?.publicKeys ?? []).map((pem) => ({
    type: 'file',
    path: `${releaseSignatures.keysDirectory(identity)}/${publicKeyId(pem)}.pem`,
    mode: '0644',
    uid: 0,
    gid: 0,
    content: {text: pem},
  }))
