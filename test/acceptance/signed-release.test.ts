import {execFileSync, spawnSync} from 'node:child_process'
import {generateKeyPairSync, type KeyObject} from 'node:crypto'
import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {isSignatureOf, publicKeyId} from '../../image/signature/public-key.ts'
import {OciConfig, OciIndex, OciManifest, oci} from '../../layout/oci.ts'
import {releaseSignatures} from '../../layout/release-signatures.ts'
import {makeTinyWorld, type Workplace, whyNoTinyWorld} from './tiny-world.ts'

const reason = whyNoTinyWorld()
const own = '/haos/system/haos/1.0.0'

const publicPem = (key: KeyObject) => key.export({type: 'spki', format: 'pem'}).toString()
const privatePem = (key: KeyObject) => key.export({type: 'pkcs8', format: 'pem'}).toString()

/** A project whose recipe has the public key of the file `keys/release.pem`. */
async function makeProject({publicKey = 'keys/release.pub.pem', hollow = false} = {}) {
  const world = await makeTinyWorld({hollow})
  const place = world.workplace({recipe: {more: `upgrades: {publicKeys: [file('${publicKey}')]},`}})
  const pair = generateKeyPairSync('ed25519')
  mkdirSync(join(place.directory, 'keys'))
  writeFileSync(join(place.directory, 'keys/release.pem'), privatePem(pair.privateKey))
  writeFileSync(join(place.directory, 'keys/release.pub.pem'), publicPem(pair.publicKey))
  return {place, ...pair}
}

/** The description and the signatures of the release in a file that is an ISO. */
function readIso({directory, out}: Workplace, name: string) {
  const read = (file: string) => {
    const to = join(directory, 'extracted')
    execFileSync('xorriso', ['-osirrox', 'on', '-indev', join(out, name), '-extract', `${own}/${file}`, to], {
      stdio: 'ignore',
    })
    const text = readFileSync(to, 'utf8')
    execFileSync('rm', ['-f', to])
    return text
  }
  return [read('release.json'), read('release.json.sig')]
}

/** The same in an image for containers. */
function readImage({directory, out}: Workplace) {
  const layout = join(directory, 'layout')
  mkdirSync(layout)
  execFileSync('tar', ['-xf', join(out, 'tiny-1.0.0-oci-amd64.tar'), '-C', layout])
  const read = (path: string): unknown => JSON.parse(readFileSync(join(layout, path), 'utf8'))
  const [entry] = OciIndex.parse(read(oci.files.index)).manifests
  const {config, layers} = OciManifest.parse(read(oci.files.blob(entry?.digest ?? '')))
  const labels = OciConfig.parse(read(oci.files.blob(config.digest))).config?.Labels ?? {}
  const last = join(layout, oci.files.blob(layers.at(-1)?.digest ?? ''))
  const inLayer = execFileSync('tar', ['-xOf', last, `${own.slice(1)}/release.json.sig`], {encoding: 'utf8'})
  return {text: labels[oci.labels.release], signatures: labels[oci.labels.signatures], inLayer}
}

test.skipIf(reason)(
  `each file that a node upgrades from has the same signed description, and the private key is nowhere${reason ? ` (${reason})` : ''}`,
  async () => {
    const {place, publicKey, privateKey} = await makeProject()
    const built = await place.run(['build', 'iso', 'oci', 'update', '--sign-key', 'keys/release.pem'])
    expect(built).toMatchObject({status: 0})
    expect(built.stderr).not.toContain('is not signed')

    const {text = '', signatures = '', inLayer} = readImage(place)
    const [signature] = releaseSignatures.parse(signatures) ?? []
    expect(signature?.keyId).toBe(publicKeyId(publicPem(publicKey)))
    expect(isSignatureOf(publicPem(publicKey), Buffer.from(text), Buffer.from(signature?.base64 ?? '', 'base64'))).toBe(
      true,
    )
    expect(inLayer).toBe(signatures)
    for (const name of ['tiny-1.0.0-amd64.iso', 'tiny-1.0.0-update-amd64.run'])
      expect(readIso(place, name)).toEqual([text, signatures])

    // What the node trusts is in a layer of the release, which is compressed.
    const keys = releaseSignatures.keysDirectory({name: 'haos'})
    const found = spawnSync('grep', ['-rlaF', `${keys}/${signature?.keyId}.pem`.slice(1), place.store])
    expect(found.stdout.toString()).not.toBe('')
    const {d = ''} = privateKey.export({format: 'jwk'})
    const secrets = [d, privatePem(privateKey).split('\n')[1] ?? '', Buffer.from(d, 'base64url')]
    const files = [place.store, place.out].flatMap((directory) =>
      readdirSync(directory, {recursive: true, withFileTypes: true})
        .filter((entry) => entry.isFile())
        .map(({parentPath, name}) => join(parentPath, name)),
    )
    expect(files.length).toBeGreaterThan(20)
    const revealing = files.filter((file) => {
      const bytes = readFileSync(file)
      return secrets.some((secret) => bytes.includes(secret))
    })
    expect(revealing).toEqual([])
  },
)

test('a build without the key, or with another one, says what nodes will do', async () => {
  const {place} = await makeProject({hollow: true})
  await place.run(['lock'])
  expect((await place.run(['iso', '--offline'])).stderr).toContain(
    'tiny 1.0.0 is not signed, and nodes with the keys of its recipe refuse it: give --sign-key',
  )
  expect((await place.run(['rootfs', '--offline'])).stderr).not.toContain('is not signed')
  writeFileSync(join(place.directory, 'other.pem'), privatePem(generateKeyPairSync('ed25519').privateKey))
  expect((await place.run(['iso', '--offline', '--sign-key', 'other.pem'])).stderr).toMatch(
    /tiny 1\.0\.0 is signed with [0-9a-f]{12}, which is no key of its recipe/,
  )
})

test('a private key in the recipe ends every command, with its file and line', async () => {
  const {place, privateKey} = await makeProject({publicKey: 'keys/release.pem', hollow: true})
  for (const command of [['lock'], ['plan', 'iso'], ['iso']]) {
    const {status, stderr, stdout} = await place.run(command)
    expect(status).toBe(2)
    expect(stderr).toContain('keys/release.pem:1 is a private key')
    expect(stdout + stderr).not.toContain(privatePem(privateKey).split('\n')[1])
  }
})
