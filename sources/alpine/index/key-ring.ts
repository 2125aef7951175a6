import {createPublicKey, type KeyObject, verify} from 'node:crypto'
import {readdirSync, readFileSync} from 'node:fs'
import {basename, join} from 'node:path'
import {HaosError} from '#dsl'
import {errnoOf} from '#engine'
import type {TarMember} from '#formats'

/** Keys that are trusted, by the name under which signatures refer to them (`alpine-devel@….rsa.pub`). */
export type KeyRing = ReadonlyMap<string, KeyObject>

/**
 * Reads public keys from host files and directories.
 *
 * In a directory the keys are all files `*.pub`, also those in the directory of
 * the architecture, as Alpine's own package of keys lays them out.
 */
export function loadKeyRing(places: readonly string[], arch: string): KeyRing {
  const keys = new Map<string, KeyObject>()
  for (const path of places.flatMap((place) => keyFiles(place, arch))) {
    try {
      keys.set(basename(path), createPublicKey(readFileSync(path)))
    } catch (cause) {
      throw new HaosError('INPUT_INVALID', `${path} holds no public key`, {
        at: path,
        hint: 'Give files in PEM form, as in /etc/apk/keys of an Alpine system.',
        cause,
      })
    }
  }
  return keys
}

function keyFiles(place: string, arch: string): string[] {
  try {
    const found = readdirSync(place, {withFileTypes: true})
    const own = found.filter((entry) => entry.name.endsWith('.pub') && !entry.isDirectory())
    const below = found.some((entry) => entry.name === arch) ? keyFiles(join(place, arch), arch) : []
    return [...own.map((entry) => join(place, entry.name)), ...below]
  } catch (cause) {
    if (errnoOf(cause) === 'ENOTDIR') return [place]
    throw new HaosError('INPUT_INVALID', `the keys in ${place} cannot be read`, {
      at: place,
      hint: 'Name a directory that holds public keys (*.rsa.pub).',
      cause,
    })
  }
}

/** How a signature was made, by the beginning of its file name. */
const algorithms = [
  ['.SIGN.RSA.', 'RSA-SHA1'],
  ['.SIGN.RSA256.', 'RSA-SHA256'],
  ['.SIGN.RSA512.', 'RSA-SHA512'],
] as const

/** What came of checking signatures: one of a trusted key is enough. */
export type Verdict = 'good' | 'bad' | 'untrusted'

/** Checks the signatures of a signature segment over the bytes that they stand for. */
export function checkSignatures(signatures: readonly TarMember[], signed: Uint8Array, keys: KeyRing): Verdict {
  let verdict: Verdict = 'untrusted'
  for (const {name, content} of signatures) {
    const [prefix, algorithm] = algorithms.find(([start]) => name.startsWith(start)) ?? []
    const key = prefix === undefined ? undefined : keys.get(name.slice(prefix.length))
    if (algorithm === undefined || key === undefined) continue
    if (verify(algorithm, signed, key, content)) return 'good'
    verdict = 'bad'
  }
  return verdict
}

/** Names of the keys that signatures ask for. */
export const keysAskedFor = (signatures: readonly TarMember[]): string[] =>
  signatures.map(({name}) => name.replace(/^\.SIGN\.[A-Z0-9]+\./, ''))
