import {generateKeyPairSync} from 'node:crypto'
import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {releaseSignatures} from '#layout'
import {runStep} from '../../test/run-step.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {signRelease} from '../steps/output/sign-release.ts'
import {commandSigner} from './command-signer.ts'
import {isSignatureOf} from './public-key.ts'

/** A key pair in files, and a release to sign. */
function makeKey() {
  const scratch = scratchDirectory()
  const {publicKey, privateKey} = generateKeyPairSync('ec', {namedCurve: 'P-256'})
  const put = (name: string, text: string | Buffer) => {
    writeFileSync(join(scratch, name), text)
    return join(scratch, name)
  }
  return {
    privateFile: put('release.pem', privateKey.export({type: 'pkcs8', format: 'pem'})),
    publicFile: put('release.pub.pem', publicKey.export({type: 'spki', format: 'pem'})),
    release: put('release.json', '{"version":"1.0"}\n'),
  }
}

test.each([
  ['binary', (key: string) => `openssl dgst -sha256 -sign ${key}`],
  ['in base64', (key: string) => `openssl dgst -sha256 -sign ${key} | base64`],
])('a command signs in place of a private key, and prints the signature %s', async (_, commandOf) => {
  const {privateFile, publicFile, release} = makeKey()
  const signer = await commandSigner(commandOf(privateFile), publicFile)
  const signed = await runStep(signRelease, {release}, {publicKeys: [signer.publicKey]}, {signers: [signer]})
  const [signature] = releaseSignatures.parse(readFileSync(signed, 'utf8')) ?? []
  const bytes = Buffer.from(signature?.base64 ?? '', 'base64')
  expect(isSignatureOf(signer.publicKey, readFileSync(release), bytes)).toBe(true)
})

test('a command that fails is an error with what it said, and one that signs with another key is found out', async () => {
  const {publicFile, release} = makeKey()
  const sign = async (command: string) => {
    const signer = await commandSigner(command, publicFile)
    return runStep(signRelease, {release}, {publicKeys: [signer.publicKey]}, {signers: [signer]})
  }
  await expect(sign('echo "no token" >&2; exit 7')).rejects.toMatchObject({
    code: 'TOOL_FAILED',
    message: 'the command that signs ended with status 7',
    details: {output: 'no token'},
  })
  await expect(sign('true')).rejects.toMatchObject({message: 'the command that signs printed nothing'})
  await expect(sign(`openssl dgst -sha256 -sign ${makeKey().privateFile}`)).rejects.toMatchObject({
    code: 'SIGNATURE_INVALID',
  })
})

test('a command needs the public key', async () => {
  await expect(commandSigner('true', '/nowhere.pem')).rejects.toMatchObject({
    code: 'USAGE_INVALID',
    details: {at: '--sign-key'},
  })
})
