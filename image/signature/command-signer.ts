import {spawn} from 'node:child_process'
import {createPublicKey} from 'node:crypto'
import {readFile} from 'node:fs/promises'
import {text as readText} from 'node:stream/consumers'
import {HaosError} from '#dsl'
import type {Signer} from '#engine'
import {type PublicKey, publicKeyOf} from './public-key.ts'

/**
 * Lets a command sign in place of a private key, for keys that never leave a token or a key service. It gets the document on its
 * standard input and prints the signature, in base64 or binary; `publicKeyPath` is the key's public part in PEM.
 *
 * Fails with USAGE_INVALID if that cannot be read, and when it signs with TOOL_FAILED if the command fails.
 */
export async function commandSigner(command: string, publicKeyPath: string): Promise<Signer> {
  const publicKey = await readPublicKey(publicKeyPath)
  if (publicKey === undefined)
    throw new HaosError('USAGE_INVALID', `${publicKeyPath} is not a public key of the kind Ed25519 or ECDSA P-256`, {
      at: '--sign-key',
      hint: 'With --sign-command, give --sign-key the public key in PEM, which begins with "-----BEGIN PUBLIC KEY-----".',
    })
  return {publicKey: publicKey.pem, sign: (document) => runCommand(command, document)}
}

async function readPublicKey(path: string): Promise<PublicKey | undefined> {
  try {
    return publicKeyOf(createPublicKey(await readFile(path)))
  } catch {
    return undefined
  }
}

async function runCommand(command: string, document: Uint8Array): Promise<Uint8Array> {
  const child = spawn('sh', ['-c', command], {stdio: ['pipe', 'pipe', 'pipe']})
  // A command that does not read all of it still has its exit status.
  child.stdin.on('error', () => {})
  child.stdin.end(document)
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [pieces, output, status] = await Promise.all([child.stdout.toArray(), readText(child.stderr), ended])
  const printed = Buffer.concat(pieces)
  if (status !== 0 || printed.length === 0)
    throw new HaosError(
      'TOOL_FAILED',
      status === 0 ? 'the command that signs printed nothing' : `the command that signs ended with status ${status}`,
      {
        at: '--sign-command',
        output: output.trimEnd().split('\n').slice(-20).join('\n'),
        hint: 'Run it by hand: it must read the document from its standard input, and print the signature.',
      },
    )
  const text = printed.toString('latin1').trim()
  return /^[A-Za-z0-9+/\n]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : printed
}
