import {createPublicKey, type KeyObject, verify} from 'node:crypto'
import {readdirSync, readFileSync} from 'node:fs'
import {basename, join} from 'node:path'
import {HaosError} from '#dsl'
import {errnoOf} from '#engine'
import type {TarMember} from '#formats'

/** Trusted keys, by the name under which signatures refer to them (`alpine-devel@….rsa.pub`). */
export type KeyRing = ReadonlyMap<string, KeyObject>

/**
 * Reads public keys from host files and directories.
 *
 * A directory contributes all its `*.pub` files and those in its subdirectory for the
 * architecture, which is how the package alpine-keys lays them out.
 */
export function loadKeyRing(paths: readonly string[], arch: string): KeyRing {
  const keys = new Map<string, KeyObject>()
  for (const path of paths.flatMap((path) => keyFiles(path, arch))) {
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

function keyFiles(path: string, arch: string): string[] {
  try {
    const found = readdirSync(path, {withFileTypes: true})
    const own = found.filter((entry) => entry.name.endsWith('.pub') && !entry.isDirectory())
    const below = found.some((entry) => entry.name === arch) ? keyFiles(join(path, arch), arch) : []
    return [...own.map((entry) => join(path, entry.name)), ...below]
  } catch (cause) {
    if (errnoOf(cause) === 'ENOTDIR') return [path]
    throw new HaosError('INPUT_INVALID', `the keys in ${path} cannot be read`, {
      at: path,
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

/** The result of checking signatures: one by a trusted key is enough. */
export type Verdict = 'good' | 'bad' | 'untrusted'

/** Checks the signatures of a signature segment against the bytes that they sign. */
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

/** Names of the keys that made the signatures. */
export const signingKeyNames = (signatures: readonly TarMember[]): string[] =>
  signatures.map(({name}) => name.replace(/^\.SIGN\.[A-Z0-9]+\./, ''))
