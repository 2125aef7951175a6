import {damagedArchive} from './gzip-member.ts'

/** A package's `.PKGINFO`: `key = value`, some keys several times. */
export interface PackageInfo {
  readonly name: string
  readonly version: string
  /** SHA-256 of the packed data, in hexadecimal digits. */
  readonly dataHash: string | undefined
  /** Installed size that it states, in bytes. */
  readonly installedBytes: number
  /** Seconds since 1970. */
  readonly buildDate: number
  readonly origin: string | undefined
  /** Values of a key, in the order of the file. */
  values(key: string): readonly string[]
}

/** Parses `.PKGINFO`. Names and versions become parts of paths and lines, so unusual characters are refused. */
export function parsePackageInfo(text: string, origin: string): PackageInfo {
  const fields = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [, key, value] = /^([a-z_]+) = (.*)$/.exec(line) ?? []
    if (key === undefined || value === undefined) continue
    const known = fields.get(key)
    if (known === undefined) fields.set(key, [value])
    else known.push(value)
  }
  const first = (key: string) => fields.get(key)?.[0]
  const [name, version] = [first('pkgname'), first('pkgver')]
  if (name === undefined || !/^[A-Za-z0-9_][\w.+-]*$/.test(name)) throw damagedArchive(origin, 'it has no valid name')
  if (version === undefined || !/^[\w.+~-]+$/.test(version)) throw damagedArchive(origin, 'it has no valid version')
  return {
    name,
    version,
    dataHash: first('datahash'),
    installedBytes: numberOf(first('size')),
    buildDate: numberOf(first('builddate')),
    origin: first('origin'),
    values: (key) => fields.get(key) ?? [],
  }
}

const numberOf = (text: string | undefined): number => (/^\d{1,15}$/.test(text ?? '') ? Number(text) : 0)
