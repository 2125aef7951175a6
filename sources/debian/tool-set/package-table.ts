import {HaosError, nearest} from '#dsl'
import {compareVersions} from '../apt/compare-versions.ts'
import {parseRelations, parseStanzas, type Stanza} from '../archive/deb822.ts'

/** A package that can be chosen. */
export interface TablePackage {
  readonly name: string
  readonly version: string
  readonly fields: Stanza
  /** The archive that has it, as in the lock file. */
  readonly archive: string
}

interface Row {
  readonly version: string
  readonly archive: string
  readonly text: string
}

/** Packages by name, each in its latest version, and what they provide. */
export class PackageTable {
  readonly #rows = new Map<string, Row>()
  readonly #providers = new Map<string, string[]>()

  /** Adds the stanzas of an index. Only these fields are read: Debian's index has 65,000 stanzas, and few are needed. */
  add(index: string, archive: string): void {
    for (const text of index.split(/\n\s*\n/)) {
      const name = fieldOf(text, nameField)
      const version = fieldOf(text, versionField)
      if (name === undefined || version === undefined) continue
      const known = this.#rows.get(name)
      if (known !== undefined && compareVersions(known.version, version) >= 0) continue
      this.#rows.set(name, {version, archive, text})
      for (const [provided] of parseRelations(fieldOf(text, providesField))) {
        if (provided === undefined) continue
        const providers = this.#providers.get(provided.name) ?? []
        if (!providers.includes(name)) this.#providers.set(provided.name, [...providers, name])
      }
    }
  }

  /**
   * Packages and everything that they depend on, sorted by name.
   *
   * Of alternatives it takes the first that exists, of providers the first of the index, and of versions the latest: all come from
   * one release, where they fit together. Fails with PACKAGE_NOT_FOUND.
   */
  closure(names: readonly string[]): readonly TablePackage[] {
    const chosen = new Map<string, TablePackage>()
    const pending = names.map((name) => this.#need(name))
    for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
      if (chosen.has(item.name)) continue
      chosen.set(item.name, item)
      for (const field of ['pre-depends', 'depends']) {
        for (const group of parseRelations(item.fields.get(field))) {
          const found = group.map(({name}) => this.#find(name)).find((candidate) => candidate !== undefined)
          if (found === undefined) throw this.#missing(group.map(({name}) => name).join(' or '), item.name)
          pending.push(found)
        }
      }
    }
    return [...chosen.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  #need(name: string): TablePackage {
    const found = this.#find(name)
    if (found === undefined) throw this.#missing(name)
    return found
  }

  #find(name: string): TablePackage | undefined {
    const actual = this.#rows.has(name) ? name : this.#providers.get(name)?.[0]
    const row = actual === undefined ? undefined : this.#rows.get(actual)
    if (actual === undefined || row === undefined) return undefined
    const [fields] = parseStanzas(row.text)
    return {name: actual, version: row.version, archive: row.archive, fields: fields ?? new Map()}
  }

  #missing(name: string, by?: string): HaosError {
    const guess = nearest(name, this.#rows.keys())
    const wish = by === undefined ? '' : `, which ${by} needs`
    return new HaosError('PACKAGE_NOT_FOUND', `the archive has no package ${name}${wish}`, {
      hint: guess === undefined ? 'Check which release the mirror serves.' : `The archive has ${guess}.`,
    })
  }
}

const [nameField, versionField, providesField] = [/^Package:(.*)$/m, /^Version:(.*)$/m, /^Provides:(.*)$/m]

const fieldOf = (text: string, field: RegExp): string | undefined => field.exec(text)?.[1]?.trim()
