import {gzipSync} from 'node:zlib'
import type {Encrypter} from 'age-encryption'
import {HaosError} from '#dsl'
import {joinNodesFile, type NodeOfFile, nodeBlocks} from '#formats'

/** Who can read sealed configs. */
export interface Seal {
  /** Public keys, such as `age1…`. */
  readonly recipients: readonly string[]
  readonly passphrase?: string | undefined
}

/**
 * The sealed file of nodes for a medium. Fails with USAGE_INVALID for what is no public key.
 *
 * A passphrase protects a key that is made for this file and stays in it: deriving a key from a passphrase takes a second, which a
 * machine then spends once, and the build not for each block.
 */
export async function sealNodes(nodes: readonly NodeOfFile[], {recipients, passphrase}: Seal): Promise<Buffer> {
  // Not at the top: it takes tens of milliseconds to load, for each command.
  const {Encrypter, generateX25519Identity, identityToRecipient} = await import('age-encryption')
  const own = passphrase === undefined ? undefined : await generateX25519Identity()
  const encrypter = new Encrypter()
  for (const recipient of recipients) addRecipient(encrypter, recipient)
  if (own !== undefined) encrypter.addRecipient(await identityToRecipient(own))
  const blocks = await Promise.all(nodeBlocks(nodes, gzipSync).map((block) => encrypter.encrypt(block)))
  return joinNodesFile(
    nodes,
    blocks,
    own === undefined || passphrase === undefined ? {} : await protect(own, passphrase),
  )
}

function addRecipient(encrypter: Encrypter, recipient: string): void {
  try {
    encrypter.addRecipient(recipient)
  } catch (cause) {
    throw new HaosError(
      'USAGE_INVALID',
      `--seal-to needs the public key of age, and ${publicPart(recipient)} is none`,
      {
        hint: 'Make a key with `age-keygen -o nodes.key`, which prints the public one: age1…',
        at: '--seal-to',
        cause,
      },
    )
  }
}

/** Somebody may have given the secret key instead. */
const publicPart = (recipient: string): string => (/^age1/.test(recipient) ? recipient : 'this')

async function protect(identity: string, passphrase: string): Promise<{readonly identity: string}> {
  const {armor, Encrypter} = await import('age-encryption')
  const encrypter = new Encrypter()
  encrypter.setPassphrase(passphrase)
  return {identity: armor.encode(await encrypter.encrypt(`${identity}\n`))}
}
