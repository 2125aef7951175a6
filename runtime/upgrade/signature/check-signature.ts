import type {Identity} from '#dsl'
import {releaseFile, releaseSignatures} from '#layout'
import {type Host, mkdirAll} from '../../host/host.ts'
import {runOrThrow} from '../../host/run-or-throw.ts'
import type {SignedDocument} from './signed-document.ts'
import {type TrustedKey, trustedKeys} from './trusted-keys.ts'

/** Flag of `upgrade` that installs a release although its signature is missing or wrong. */
export const skipSignatureFlag = 'insecure-skip-signature'

export interface CheckSignatureOptions {
  readonly identity: Identity
  /** Root of the node, without a slash at its end: empty for this one, `/host` in a pod. */
  readonly root: string
  readonly document: SignedDocument
  /** Where the release comes from, for messages. */
  readonly origin: string
  /** Only warns. */
  readonly skip: boolean
  readonly log: (line: string) => void
}

/**
 * Checks that a key of the system that runs has signed the description of a release, if the system has such keys. Writes only to
 * the run directory, which is in memory. Throws an Error that says what to do.
 */
export function checkSignature(host: Host, options: CheckSignatureOptions): void {
  const trusted = trustedKeys(host, options.root, options.identity)
  if (trusted.length === 0) return
  const problem = problemOf(host, trusted, options)
  if (problem === undefined) return
  if (!options.skip) throw new Error(`${problem}. Nothing was changed`)
  options.log(`WARNING: ${problem}.`)
  options.log(
    `WARNING: it is installed all the same, because of --${skipSignatureFlag}: nobody vouches for what it contains.`,
  )
}

function problemOf(
  host: Host,
  trusted: readonly TrustedKey[],
  {document, origin, log, ...options}: CheckSignatureOptions,
): string | undefined {
  const keys = `signed with ${trusted.length === 1 ? 'the key' : 'one of the keys'} ${namesOf(trusted)}`
  if (document.signatures === undefined)
    return `${origin} is not signed, and this node takes only releases ${keys}: build it with \`--sign-key\`, or take the release from its publisher`
  const signatures = releaseSignatures.parse(document.signatures)
  if (signatures === undefined) return `${releaseSignatures.file} of ${origin} is damaged: copy the release again`
  const known = signatures.flatMap((signature) => {
    const key = trusted.find(({keyId}) => keyId === signature.keyId)
    return key === undefined ? [] : [{signature, key}]
  })
  if (known.length === 0)
    return `${origin} is signed with ${namesOf(signatures)}, and this node takes only releases ${keys}: if the key was replaced, upgrade first to a release that brings the new one`
  const valid = known.find(({signature, key}) =>
    isValid(host, {text: document.text, base64: signature.base64, key, ...options}),
  )
  if (valid === undefined)
    return `the signature of ${origin} does not fit: its ${releaseFile} was changed after the key ${namesOf(known.map(({key}) => key))} had signed it. Copy the release again, from its publisher`
  log(`Signed with the key ${releaseSignatures.shortKeyId(valid.key.keyId)}`)
  return undefined
}

interface Claim extends Pick<CheckSignatureOptions, 'identity' | 'root'> {
  readonly text: string
  readonly base64: string
  readonly key: TrustedKey
}

/** Asks the openssl(1) of the node, which has one because its recipe names keys; a container need not. */
function isValid(host: Host, {identity, root, text, base64, key}: Claim): boolean {
  const directory = `${identity.runDir}/signature`
  const at = (name: string) => `${root}${directory}/${name}`
  const openssl = [...(root === '' ? [] : ['chroot', root]), 'openssl']
  mkdirAll(host, `${root}${directory}`)
  try {
    host.write(at('document'), text)
    host.write(at('base64'), `${base64}\n`)
    const decoded = ['-in', `${directory}/base64`, '-out', `${directory}/signature`]
    runOrThrow(host, [...openssl, 'base64', '-d', '-A', ...decoded])
    // For Ed25519 the document itself is signed, for ECDSA its SHA-256, the default of openssl-pkeyutl(1).
    const files = ['-inkey', key.path, '-sigfile', `${directory}/signature`, '-in', `${directory}/document`]
    const {status} = host.run([...openssl, 'pkeyutl', '-verify', '-pubin', '-rawin', ...files], {output: 'discard'})
    if (status > 1) throw new Error(`openssl could not check the signature: status ${status}`)
    return status === 0
  } finally {
    runOrThrow(host, ['rm', '-rf', `${root}${directory}`])
  }
}

const namesOf = (keys: readonly {readonly keyId: string}[]): string =>
  keys.map(({keyId}) => releaseSignatures.shortKeyId(keyId)).join(', ')
