import {execFileSync} from 'node:child_process'
import {generateKeyPairSync} from 'node:crypto'
import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {releaseSignatures} from '#layout'
import {runStep} from '../../test/run-step.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {signRelease} from '../steps/output/sign-release.ts'
import {loadSigner} from './load-signer.ts'
import {publicKeyId} from './public-key.ts'

const kinds = {
  Ed25519: () => generateKeyPairSync('ed25519').privateKey,
  'ECDSA on P-256': () => generateKeyPairSync('ec', {namedCurve: 'P-256'}).privateKey,
}

function write(text: string | Buffer) {
  const path = join(scratchDirectory(), 'release.pem')
  writeFileSync(path, text)
  return path
}

test.each(Object.entries(kinds))(
  'openssl accepts the signature of a release, and the same key gives the same bytes: %s',
  async (_, make) => {
    const release = write('{"version":"1.0"}\n')
    const signer = await loadSigner(write(make().export({type: 'pkcs8', format: 'pem'})), {passphrase: undefined})
    const sign = () => runStep(signRelease, {release}, {publicKeys: [signer.publicKey]}, {signers: [signer]})
    const text = readFileSync(await sign(), 'utf8')
    expect(readFileSync(await sign(), 'utf8')).toBe(text)

    const [signature, ...more] = releaseSignatures.parse(text) ?? []
    expect([signature?.keyId, more]).toEqual([publicKeyId(signer.publicKey), []])
    const [key, binary] = [write(signer.publicKey), write(Buffer.from(signature?.base64 ?? '', 'base64'))]
    const verify = (document: string) =>
      execFileSync('openssl', [
        'pkeyutl',
        '-verify',
        '-pubin',
        '-inkey',
        key,
        '-rawin',
        '-in',
        document,
        '-sigfile',
        binary,
      ])
    expect(verify(release).toString()).toBe('Signature Verified Successfully\n')
    expect(() => verify(write('{"version":"1.1"}\n'))).toThrow()
  },
)

test('a signer that gives the signature of another key is found out', async () => {
  const [one, other] = await Promise.all(
    [kinds.Ed25519(), kinds.Ed25519()].map((key) =>
      loadSigner(write(key.export({type: 'pkcs8', format: 'pem'})), {passphrase: undefined}),
    ),
  )
  if (one === undefined || other === undefined) return expect.unreachable()
  const signers = [{publicKey: one.publicKey, sign: other.sign}]
  await expect(
    runStep(signRelease, {release: write('{}')}, {publicKeys: [one.publicKey]}, {signers}),
  ).rejects.toMatchObject({code: 'SIGNATURE_INVALID'})
})

test('an encrypted key is read with its passphrase, and asks for it', async () => {
  const key = kinds.Ed25519()
  const path = write(key.export({type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'geheim'}))
  const plain = await loadSigner(write(key.export({type: 'pkcs8', format: 'pem'})), {passphrase: undefined})
  expect((await loadSigner(path, {passphrase: 'geheim'})).publicKey).toBe(plain.publicKey)
  await expect(loadSigner(path, {passphrase: undefined})).rejects.toMatchObject({
    message: `${path} is encrypted`,
    hint: expect.stringContaining('HAOS_BUILD_SIGN_PASSPHRASE'),
  })
  await expect(loadSigner(path, {passphrase: 'falsch'})).rejects.toMatchObject({
    message: `${path} cannot be decrypted`,
  })
})

const pem = (make: () => {export(options: {type: 'spki'; format: 'pem'}): string | Buffer}) =>
  make().export({type: 'spki', format: 'pem'})
test.each([
  ['a public key', pem(() => generateKeyPairSync('ed25519').publicKey), 'is not a private key in PEM'],
  ['text', 'secret', 'is not a private key in PEM'],
  [
    'an RSA key',
    generateKeyPairSync('rsa', {modulusLength: 2048}).privateKey.export({type: 'pkcs8', format: 'pem'}),
    'is a key of the kind rsa',
  ],
  ["cosign's key", '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n', "is encrypted in cosign's own format"],
])('%s is refused as a private key', async (_, text, message) => {
  const path = write(text)
  await expect(loadSigner(path, {passphrase: undefined})).rejects.toMatchObject({
    code: 'USAGE_INVALID',
    message: `${path} ${message}`,
  })
})

test('a private key that does not exist is named', async () => {
  await expect(loadSigner('/nowhere/release.pem', {passphrase: undefined})).rejects.toMatchObject({
    message: '/nowhere/release.pem does not exist',
    details: {at: '--sign-key'},
  })
})
