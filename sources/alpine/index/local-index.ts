import {resolve} from 'node:path'
import type {LocalPackage} from '#dsl'
import type {LockedPackage} from '#image'
import {unpackApk} from '../unpack/unpack-apk.ts'
import type {IndexText} from './package-index.ts'

/** Package files next to the recipe, as their own index would list them. */
export interface LocalIndex {
  readonly index: IndexText
  /** What the solver calls a package, as `name=version`, by its path. */
  readonly words: ReadonlyMap<string, string>
  /** Entries of the lock file, by package name. */
  readonly locked: ReadonlyMap<string, LockedPackage>
}

/** Values of `.PKGINFO` that an index lists under their own letter (Alpine wiki, "Apk spec"). */
const lists = {D: 'depend', p: 'provides', i: 'install_if'} as const

/** Reads package files next to the recipe. They need no signature: the recipe names them. Fails with PACKAGE_INVALID. */
export async function readLocalIndex(
  packages: readonly LocalPackage[],
  {recipeDirectory, signal}: {readonly recipeDirectory: string; readonly signal: AbortSignal},
): Promise<LocalIndex> {
  const words = new Map<string, string>()
  const locked = new Map<string, LockedPackage>()
  const records: string[] = []
  for (const {path, sha256, sizeBytes} of packages) {
    const {info, checksum} = await unpackApk(resolve(recipeDirectory, path), {origin: path, signal})
    const {name, version} = info
    const arch = info.values('arch')[0] ?? 'noarch'
    words.set(path, `${name}=${version}`)
    locked.set(name, {name, version, arch, archive: 'local', path, sizeBytes, sha256})
    const fields = [
      ...Object.entries({C: checksum, P: name, V: version, A: arch, S: sizeBytes, I: info.installedBytes}),
      ...Object.entries(lists).flatMap(([letter, key]) => {
        const values = info.values(key)
        return values.length === 0 ? [] : [[letter, values.join(' ')]]
      }),
    ]
    records.push(fields.map(([letter, value]) => `${letter}:${value}\n`).join(''))
  }
  return {index: {text: Buffer.from(`${records.join('\n')}\n`), origin: 'packages next to the recipe'}, words, locked}
}
