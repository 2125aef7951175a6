import {execFileSync} from 'node:child_process'
import {generateKeyPairSync} from 'node:crypto'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, onTestFinished, test} from 'vitest'
import type {Signer} from '#engine'
import {loadSigner} from '../../image/signature/load-signer.ts'
import {isSignatureOf} from '../../image/signature/public-key.ts'
import {OciIndex, OciManifest} from '../../layout/oci.ts'
import {findCosign, findRegistry} from '../../test/registry/container-tools.ts'
import {makeImage} from '../../test/registry/small-image.ts'
import {startRegistry} from '../../test/registry/start-registry.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {openOciImages} from '../oci/open-images.ts'
import {pushOciImages} from './push-images.ts'

const {reason} = findRegistry()

const makeKey = {
  Ed25519: () => generateKeyPairSync('ed25519').privateKey,
  'ECDSA on P-256': () => generateKeyPairSync('ec', {namedCurve: 'P-256'}).privateKey,
}

async function makeSigner(make = makeKey.Ed25519): Promise<Signer> {
  const path = join(scratchDirectory(), 'release.pem')
  writeFileSync(path, make().export({type: 'pkcs8', format: 'pem'}))
  return loadSigner(path, {passphrase: undefined})
}

async function makePush() {
  const registry = await startRegistry(scratchDirectory())
  onTestFinished(registry.close)
  const archives = await Promise.all(
    (['amd64', 'arm64'] as const).map((arch) => makeImage({version: '1.0', arch, build: arch})),
  )
  const push = async (signers: readonly Signer[]) =>
    pushOciImages(await openOciImages(archives), {
      to: {registry: registry.host, repository: 'os/haos', tag: '1.0', digest: undefined, isLocal: true},
      ...{plainHttp: false, mountFrom: [], signers, emit: () => {}, signal: new AbortController().signal},
    })
  const get = async (path: string) =>
    fetch(`http://${registry.host}/v2/os/haos/${path}`, {
      headers: {
        accept: 'application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json',
      },
    })
  /** The signatures of a manifest, each with the document that it is of. */
  const signaturesOf = async (digest: string) => {
    const answer = await get(`manifests/${digest.replace(':', '-')}.sig`)
    if (answer.status === 404) return []
    const {layers} = OciManifest.parse(await answer.json())
    return Promise.all(
      layers.map(async (layer) => ({
        document: Buffer.from(await (await get(`blobs/${layer.digest}`)).arrayBuffer()),
        signature: Buffer.from(layer.annotations?.['dev.cosignproject.cosign/signature'] ?? '', 'base64'),
      })),
    )
  }
  return {registry, push, get, signaturesOf}
}

test.skipIf(reason)(
  `the index and the manifest of each architecture are signed, others' signatures stay, and a second push adds none${reason ? ` (${reason})` : ''}`,
  async () => {
    const {registry, push, get, signaturesOf} = await makePush()
    const [ours, theirs] = [await makeSigner(), await makeSigner()]
    expect(await signaturesOf((await push([])).digest)).toEqual([])
    const {digest} = await push([ours])
    const {manifests} = OciIndex.parse(await (await get('manifests/1.0')).json())
    const digests = [digest, ...manifests.map((each) => each.digest)]
    expect(digests).toHaveLength(3)
    for (const each of digests) {
      const [found, ...more] = await signaturesOf(each)
      if (found === undefined) return expect.unreachable(`${each} is not signed`)
      expect(more).toEqual([])
      expect(isSignatureOf(ours.publicKey, found.document, found.signature)).toBe(true)
      expect(JSON.parse(found.document.toString())).toEqual({
        critical: {
          identity: {'docker-reference': `${registry.host}/os/haos`},
          image: {'docker-manifest-digest': each},
          type: 'cosign container image signature',
        },
        optional: null,
      })
    }
    await push([theirs])
    await push([ours])
    const both = await signaturesOf(digest)
    expect(
      [ours, theirs].map(({publicKey}) =>
        both.map(({document, signature}) => isSignatureOf(publicKey, document, signature)),
      ),
    ).toEqual([
      [true, false],
      [false, true],
    ])
  },
)

const cosign = findCosign()
const whyNot = reason ?? cosign.reason
test.skipIf(whyNot).each(Object.entries(makeKey))(
  `cosign verifies the image of every name, and does not for another key: %s${whyNot ? ` (${whyNot})` : ''}`,
  async (_, make) => {
    const {registry, push, get} = await makePush()
    const signer = await makeSigner(make)
    const {digest} = await push([signer])
    const {manifests} = OciIndex.parse(await (await get('manifests/1.0')).json())
    const verify = (publicKey: string, name: string) => {
      const key = join(scratchDirectory(), 'key.pub')
      writeFileSync(key, publicKey)
      const options = ['--insecure-ignore-tlog', '--allow-http-registry', '--key', key]
      return execFileSync(cosign.path ?? '', ['verify', ...options, `${registry.host}/os/haos${name}`], {
        env: cosign.env,
        stdio: ['ignore', 'pipe', 'pipe'],
        encoding: 'utf8',
      })
    }
    for (const [name, signed] of [
      [':1.0', digest],
      [`@${manifests[1]?.digest}`, manifests[1]?.digest],
    ])
      expect(verify(signer.publicKey, name ?? '')).toContain(`"docker-manifest-digest":"${signed}"`)
    const other = await makeSigner(make)
    expect(() => verify(other.publicKey, ':1.0')).toThrow(/no matching signatures/)
  },
)
