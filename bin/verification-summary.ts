import type {Signer} from '#engine'
import {publicKeyId} from '#image'
import type {VerifiedFile} from './verify-files.ts'

export interface SummaryOptions {
  /** URI of who verifies. */
  readonly verifier: string
  readonly signer: Signer
  /** Version of haos-build. */
  readonly version: string
  readonly time: Date
}

const payloadType = 'application/vnd.in-toto+json'

/**
 * Signed statements about files that were verified, one line for each: a bundle of in-toto attestations (attestation framework v1), in
 * envelopes of DSSE 1.0, with the predicate of SLSA's verification summary v1. Others can collect them, and trust whom they choose.
 */
export async function renderSummaries(files: readonly VerifiedFile[], options: SummaryOptions): Promise<string> {
  const lines = await Promise.all(files.map((file) => envelope(statement(file, options), options.signer)))
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}

const statement = (
  {name, sha256, difference, sources}: VerifiedFile,
  {verifier, version, time}: Omit<SummaryOptions, 'signer'>,
) => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{name, digest: {sha256}}],
  predicateType: 'https://slsa.dev/verification_summary/v1',
  predicate: {
    verifier: {id: verifier, version: {'haos-build': version}},
    timeVerified: time.toISOString(),
    resourceUri: `pkg:generic/${encodeURIComponent(name)}?checksum=sha256:${sha256}`,
    // A build from these in an empty store must give the same bytes.
    policy: {uri: 'urn:haos-build:same-bytes', annotations: {...sources}},
    verificationResult: difference === undefined ? 'PASSED' : 'FAILED',
    verifiedLevels: [],
    slsaVersion: '1.0',
  },
})

async function envelope(payload: object, {publicKey, sign}: Signer) {
  const body = Buffer.from(JSON.stringify(payload))
  const signature = await sign(preAuthenticated(body))
  return {
    payload: body.toString('base64'),
    payloadType,
    signatures: [{keyid: publicKeyId(publicKey), sig: Buffer.from(signature).toString('base64')}],
  }
}

/** What is signed: type and body with their lengths (DSSE protocol, "Signature Definition"). */
const preAuthenticated = (body: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${body.length} `), body])
