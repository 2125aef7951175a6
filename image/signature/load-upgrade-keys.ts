import {createPublicKey, type KeyObject} from 'node:crypto'
import {readFile} from 'node:fs/promises'
import {relative, resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import {HaosError, type ImageSpec, shellQuote} from '#dsl'
import {publicKeyOf} from './public-key.ts'

/**
 * Reads the public keys of the recipe's upgrades, so that the spec holds the keys themselves. Fails with RECIPE_INVALID, with file
 * and line, if one is missing, private, or of a kind that a node cannot check.
 */
export async function loadUpgradeKeys(spec: ImageSpec, directory: string): Promise<ImageSpec> {
  if (spec.upgrades === undefined) return spec
  const keys = await Promise.all(
    spec.upgrades.publicKeys.map((key, index) => loadKey(key, directory, `upgrades.publicKeys[${index}]`)),
  )
  return {...spec, upgrades: {publicKeys: [...new Set(keys)]}}
}

const pemBegin = /^-----BEGIN ([A-Z0-9 ]+)-----[ \t]*$/

async function loadKey(key: string, directory: string, at: string): Promise<string> {
  const isText = key.includes('-----BEGIN ')
  const path = isText ? undefined : key.startsWith('file:') ? fileURLToPath(key) : resolve(directory, key)
  const text = path === undefined ? key : await readKeyFile(path, at)
  const file = path === undefined ? at : relative('', path) || path
  const blocks = text.split('\n').flatMap((line, index) => {
    const kind = pemBegin.exec(line.trimEnd())?.[1]
    return kind === undefined ? [] : [{kind, line: index + 1}]
  })
  const refuse = (line: number, message: string, hint: string) =>
    new HaosError('RECIPE_INVALID', 'a key of the recipe cannot check upgrades', {
      at,
      problems: [{path: `${file}:${line}`, message}],
      hint,
    })
  const secret = blocks.find(({kind}) => kind.endsWith('PRIVATE KEY'))
  if (secret !== undefined)
    throw refuse(
      secret.line,
      'is a private key: everybody who has the image or the recipe would be able to sign upgrades',
      `Name the public key: \`openssl pkey -in ${shellQuote(file)} -pubout -out release.pub.pem\` writes it. If the private key was published, make another.`,
    )
  const [first, second] = blocks
  if (first?.kind !== 'PUBLIC KEY' || second !== undefined)
    throw refuse(
      second?.line ?? first?.line ?? 1,
      second === undefined ? 'is not a public key in PEM' : 'begins another key, and a file must hold one',
      'Give a file that begins with "-----BEGIN PUBLIC KEY-----", one for each key; docs/upgrades.md says how to make one.',
    )
  const read = readKey(text)
  const usable = read && publicKeyOf(read)
  if (usable === undefined)
    throw refuse(
      first.line,
      read === undefined ? 'is damaged' : `is a key of the kind ${kindOf(read)}`,
      'Make an Ed25519 or ECDSA P-256 key: `openssl genpkey -algorithm ed25519 -out release.pem`.',
    )
  return usable.pem
}

async function readKeyFile(path: string, at: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new HaosError('RECIPE_INVALID', `the key ${path} cannot be read`, {
      at,
      hint: "Give an existing file relative to the recipe, such as file('keys/release.pub.pem').",
      cause,
    })
  }
}

function readKey(text: string): KeyObject | undefined {
  try {
    return createPublicKey(text)
  } catch {
    return undefined
  }
}

const kindOf = ({asymmetricKeyType, asymmetricKeyDetails}: KeyObject): string =>
  [asymmetricKeyType ?? 'unknown', asymmetricKeyDetails?.namedCurve].filter((word) => word !== undefined).join(' ')
