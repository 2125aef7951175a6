import {generateKeyPairSync} from 'node:crypto'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {expect, test} from 'vitest'
import {debian, defineImage, file, type HaosError, type UpgradesInput} from '#dsl'
import {scratchDirectory} from '../../test/scratch.ts'
import {loadUpgradeKeys} from './load-upgrade-keys.ts'

const publicPem = (pair = generateKeyPairSync('ed25519')) =>
  pair.publicKey.export({type: 'spki', format: 'pem'}).toString()
const privatePem = generateKeyPairSync('ed25519').privateKey.export({type: 'pkcs8', format: 'pem'}).toString()

const specOf = (publicKeys: UpgradesInput['publicKeys']) =>
  defineImage({name: 'tiny', version: '1', base: debian(), upgrades: {publicKeys}}).resolve({set: {}})

function directoryWith(text: string) {
  const directory = scratchDirectory()
  writeFileSync(join(directory, 'release.pub.pem'), text)
  return directory
}

const load = async (text: string) => {
  const directory = directoryWith(text)
  return loadUpgradeKeys(specOf(['release.pub.pem']), directory)
}

test('keys are given as files, as URLs and as texts, and each counts once', async () => {
  const [one, two] = [publicPem(), publicPem(generateKeyPairSync('ec', {namedCurve: 'P-256'}))]
  const directory = directoryWith(`# ours\n${one}`)
  const path = join(directory, 'release.pub.pem')
  const spec = specOf([file('release.pub.pem'), './release.pub.pem', pathToFileURL(path), two])
  expect((await loadUpgradeKeys(spec, directory)).upgrades).toEqual({publicKeys: [one, two]})
})

test.each([
  [
    'a private key',
    `made by openssl\n\n${privatePem}`,
    ':3',
    'is a private key: everybody who has the image or the recipe',
  ],
  ['a key pair', `${publicPem()}${privatePem}`, ':4', 'is a private key'],
  ['two keys', publicPem() + publicPem(), ':4', 'begins another key, and a file must hold one'],
  ['a certificate', '-----BEGIN CERTIFICATE-----\n', ':1', 'is not a public key in PEM'],
  ['a key for SSH', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGz0', ':1', 'is not a public key in PEM'],
  ['a damaged key', publicPem().replace(/\n.{8}/, '\n'), ':1', 'is damaged'],
  ['an RSA key', publicPem(generateKeyPairSync('rsa', {modulusLength: 2048})), ':1', 'is a key of the kind rsa'],
  [
    'a key on another curve',
    publicPem(generateKeyPairSync('ec', {namedCurve: 'P-384'})),
    ':1',
    'is a key of the kind ec secp384r1',
  ],
])('%s in place of a public key is refused with file and line', async (_, text, line, message) => {
  const failure: HaosError = await load(text).then(
    () => expect.unreachable(),
    (error: HaosError) => error,
  )
  expect(failure).toMatchObject({code: 'RECIPE_INVALID', details: {at: 'upgrades.publicKeys[0]'}})
  const [problem] = failure.details.problems ?? []
  expect(problem?.path.endsWith(`release.pub.pem${line}`)).toBe(true)
  expect(problem?.message).toContain(message)
  expect(JSON.stringify([failure.message, failure.details])).not.toContain(privatePem.split('\n')[1])
})

test('the text of a private key in the recipe is refused, and is not in the message', () => {
  const failure = (() => {
    try {
      specOf([privatePem])
    } catch (error) {
      return error
    }
    return undefined
  })()
  expect(failure).toMatchObject({
    code: 'RECIPE_INVALID',
    details: {problems: [{path: 'upgrades.publicKeys[0]', message: expect.stringContaining('is a private key')}]},
  })
  expect(JSON.stringify(failure)).not.toContain(privatePem.split('\n')[1])
})

test('a file that is missing is named', async () => {
  await expect(loadUpgradeKeys(specOf(['no.pem']), scratchDirectory())).rejects.toMatchObject({
    message: expect.stringMatching(/\/no\.pem cannot be read$/),
    details: {at: 'upgrades.publicKeys[0]'},
  })
})
