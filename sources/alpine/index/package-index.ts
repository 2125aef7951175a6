import {HaosError} from '#dsl'
import {collectInstallIf} from './install-if.ts'
import {IntList} from './int-list.ts'
import {NameTable} from './name-table.ts'
import {DEPENDENCY_SIZE, readDependencies} from './read-dependencies.ts'

/** One repository's index, as text, and the bit that stands for the repository. */
export interface IndexText {
  readonly text: Buffer
  /** Its name in messages. */
  readonly origin: string
}

/** Integers per package; `PackageField` holds their offsets. */
const PACKAGE_SIZE = 12

const PackageField = {
  name: 0,
  versionStart: 1,
  versionEnd: 2,
  /** One bit for each repository that lists this same package; the first repository is bit 1, as in apk. */
  repositories: 3,
  priority: 4,
  empty: 5,
  record: 6,
  depends: 7,
  provides: 8,
  installIf: 9,
  end: 10,
  origin: 11,
} as const

/**
 * All packages of all configured repositories, read from the text of their indexes (APKINDEX, version 2).
 *
 * It keeps only bytes and integers: a solution needs some hundred of the
 * twenty thousand packages, and only those become objects and strings.
 */
export class PackageIndex {
  readonly names = new NameTable()
  readonly #source: Buffer
  readonly #origins: readonly string[]
  readonly #packages = new IntList(1 << 10)
  readonly #dependencies = new IntList(1 << 12)
  readonly #byChecksum = new Map<string, number>()
  /** For each name, its first and last provider plus one. */
  #providerHead = new Int32Array(1 << 10)
  #providerTail = new Int32Array(1 << 10)
  /** Package, start and end of the provided version, and the next provider of the same name. */
  readonly #providers = new IntList(1 << 10)
  /** Packages that are installed automatically with others (`install_if`). */
  readonly installIf: number[] = []
  #installIfDependents: ReadonlyMap<number, readonly number[]> | undefined

  constructor(indexes: readonly IndexText[]) {
    this.#origins = indexes.map((index) => index.origin)
    const [first] = indexes
    this.#source = first && indexes.length === 1 ? first.text : Buffer.concat(indexes.map((index) => index.text))
    let start = 0
    for (const [number, {text}] of indexes.entries()) {
      this.#read(start, start + text.length, number)
      start += text.length
    }
  }

  /** The number of a name; a new name gets the next number. */
  intern(name: string): number {
    const bytes = Buffer.from(name)
    return this.names.intern(bytes, 0, bytes.length)
  }

  get size(): number {
    return this.#packages.length / PACKAGE_SIZE
  }

  nameOf = (pkg: number): number => this.#field(pkg, PackageField.name)
  versionOf = (pkg: number): string =>
    this.text(this.#field(pkg, PackageField.versionStart), this.#field(pkg, PackageField.versionEnd))
  repositoriesOf = (pkg: number): number => this.#field(pkg, PackageField.repositories)
  priorityOf = (pkg: number): number => this.#field(pkg, PackageField.priority)
  /** Whether its installed size is 0: apk accepts such a package from any repository. */
  isEmpty = (pkg: number): boolean => this.#field(pkg, PackageField.empty) === 1

  /** Where the package's dependencies, what it provides, and its `install_if` start among the integers of `dependencyAt`. */
  listsOf(pkg: number): {depends: number; provides: number; installIf: number; end: number} {
    return {
      depends: this.#field(pkg, PackageField.depends),
      provides: this.#field(pkg, PackageField.provides),
      installIf: this.#field(pkg, PackageField.installIf),
      end: this.#field(pkg, PackageField.end),
    }
  }

  dependencyAt(at: number): {name: number; comparison: number; version: string | undefined} {
    const start = this.#dependencies.at(at + 2)
    const end = this.#dependencies.at(at + 3)
    return {
      name: this.#dependencies.at(at),
      comparison: this.#dependencies.at(at + 1),
      version: start === end ? undefined : this.text(start, end),
    }
  }

  /** Name of the dependency at an offset, without allocating an object. */
  dependencyName = (at: number): number => this.#dependencies.at(at)

  /** The providers of a name, in the order of the indexes. `version` is undefined if the name is provided without one. */
  providersOf(name: number): {pkg: number; version: string | undefined}[] {
    const found: {pkg: number; version: string | undefined}[] = []
    for (let at = this.#providerHead[name] ?? 0; at !== 0; at = this.#providers.at(at + 2)) {
      const start = this.#providers.at(at)
      const end = this.#providers.at(at + 1)
      found.push({pkg: this.#providers.at(at - 1), version: start === end ? undefined : this.text(start, end)})
    }
    return found
  }

  /** Names of packages whose `install_if` mentions a name, in the order of apk's iteration. */
  installIfDependents(name: number): readonly number[] {
    this.#installIfDependents ??= collectInstallIf(this)
    return this.#installIfDependents.get(name) ?? []
  }

  /** Names of all packages. */
  *packageNames(): Generator<string> {
    for (let pkg = 0; pkg < this.size; pkg++) yield this.names.text(this.nameOf(pkg))
  }

  /** All fields of a package, by their letter; a field that is repeated is joined by spaces. */
  recordOf(pkg: number): Readonly<Record<string, string>> {
    const start = this.#field(pkg, PackageField.record)
    const end = this.#source.indexOf('\n\n', start)
    const record: Record<string, string> = {}
    for (const line of this.text(start, end < 0 ? this.#source.length : end).split('\n')) {
      const key = line.slice(0, 1)
      record[key] = record[key] === undefined ? line.slice(2) : `${record[key]} ${line.slice(2)}`
    }
    return record
  }

  text = (start: number, end: number): string => this.#source.toString('utf8', start, end)

  #field = (pkg: number, field: number): number => this.#packages.at(pkg * PACKAGE_SIZE + field)

  #read(start: number, end: number, origin: number): void {
    const source = this.#source
    const depends = new IntList(256)
    const provides = new IntList(256)
    const installIf = new IntList(64)
    const invalid = (at: number, problem: string): HaosError =>
      new HaosError('PACKAGE_INVALID', `the package index of ${this.#origins[origin]} cannot be read: ${problem}`, {
        at: `byte ${at - start}`,
        hint: "Fetch the index again, or inform the repository's maintainer.",
      })
    let record = -1
    let name = -1
    let versionStart = 0
    let versionEnd = 0
    let checksum = ''
    let priority = 0
    let empty = 1
    let line = start
    while (line < end) {
      let next = source.indexOf(10, line)
      if (next < 0 || next > end) next = end
      if (next - line < 2) {
        if (record >= 0) {
          if (name < 0 || versionStart === versionEnd) throw invalid(record, 'a package without name or version')
          const known = this.#byChecksum.get(checksum)
          if (known !== undefined && checksum !== '') {
            const at = known * PACKAGE_SIZE + PackageField.repositories
            this.#packages.set(at, this.#packages.at(at) | (1 << (origin + 1)))
          } else {
            const number = this.size
            this.#byChecksum.set(checksum, number)
            const first = this.#dependencies.length
            const second = first + depends.length
            const third = second + provides.length
            this.#packages.push4(name, versionStart, versionEnd, 1 << (origin + 1))
            this.#packages.push4(priority, empty, record, first)
            this.#packages.push4(second, third, third + installIf.length, origin)
            this.#dependencies.append(depends)
            this.#dependencies.append(provides)
            this.#dependencies.append(installIf)
            if (installIf.length > 0) this.installIf.push(number)
            this.#provide(name, number, versionStart, versionEnd)
            for (let at = 0; at < provides.length; at += DEPENDENCY_SIZE)
              this.#provide(provides.at(at), number, provides.at(at + 2), provides.at(at + 3))
          }
          record = -1
        }
        line = next + 1
        continue
      }
      if (source[line + 1] !== 58) throw invalid(line, 'a line is not of the form "X:value"')
      if (record < 0) {
        record = line
        name = -1
        versionStart = 0
        versionEnd = 0
        checksum = ''
        priority = 0
        empty = 1
        depends.length = 0
        provides.length = 0
        installIf.length = 0
      }
      const value = line + 2
      switch (source[line]) {
        case 67: // C: checksum of the control segment
          checksum = source.toString('latin1', value, next)
          break
        case 80: // P: name
          name = this.names.intern(source, value, next)
          break
        case 86: // V: version
          versionStart = value
          versionEnd = next
          break
        case 73: // I: installed size
          empty = next - value === 1 && source[value] === 48 ? 1 : 0
          break
        case 107: // k: provider priority, 16 bits in apk
          priority = Number.parseInt(source.toString('latin1', value, next), 10) & 0xffff
          break
        case 68: // D: depends
          readDependencies(source, {start: value, end: next}, this.names, depends)
          break
        case 112: // p: provides
          readDependencies(source, {start: value, end: next}, this.names, provides)
          break
        case 105: // i: install_if
          readDependencies(source, {start: value, end: next}, this.names, installIf)
          break
      }
      line = next + 1
    }
  }

  #provide(name: number, pkg: number, versionStart: number, versionEnd: number): void {
    if (name >= this.#providerHead.length) {
      this.#providerHead = doubled(this.#providerHead, name)
      this.#providerTail = doubled(this.#providerTail, name)
    }
    const at = this.#providers.length + 1
    this.#providers.push4(pkg, versionStart, versionEnd, 0)
    const tail = this.#providerTail[name] ?? 0
    if (tail === 0) this.#providerHead[name] = at
    else this.#providers.set(tail + 2, at)
    this.#providerTail[name] = at
  }
}

/** A copy of twice the size or more, so that an index fits. */
function doubled(numbers: Int32Array<ArrayBuffer>, index: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(Math.max(numbers.length * 2, index + 1))
  grown.set(numbers)
  return grown
}
