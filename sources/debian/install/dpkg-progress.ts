/** A package that dpkg could not install. */
export interface FailedPackage {
  readonly name: string
  /** dpkg's own words. */
  readonly reason: string
  /** The last lines of what its scripts printed. */
  readonly output: readonly string[]
}

/** Number of lines of a script's output that are kept. */
const keptLines = 20

/** What dpkg prints before it runs a script of a package (dpkg 1.22, `main/unpack.c`, `main/configure.c`, `main/trigproc.c`). */
const begins =
  /^(?:Selecting previously unselected package ([^\s:]+?)(?::\w+)?\.|(?:Setting up|Processing triggers for) ([^\s:]+)(?::\w+)? \(.*\) \.\.\.)$/

/** dpkg's heading of an error; its reason is on the next line. */
const error = /^dpkg: error processing (?:package ([^\s:]+)(?::\w+)?|archive \S+) \(--\w+\):$/

/** Packages that configure-root.sh finds unfinished in the end. */
const unfinished = /^not configured: ([^\s:]+)\S* is (\S+)$/

/** Follows what dpkg prints: which package is being installed, what its scripts say, and which packages failed. */
export class DpkgProgress {
  #current: {name: string; output: string[]} | undefined
  #failing: {name: string; output: readonly string[]} | undefined
  readonly #failed: FailedPackage[] = []

  read(line: string): void {
    if (this.#failing !== undefined) {
      this.#failed.push({...this.#failing, reason: line.trim()})
      this.#failing = undefined
      return
    }
    const [, selected, configured] = begins.exec(line) ?? []
    const begun = selected ?? configured
    const failed = error.exec(line)
    const [, waiting, status] = unfinished.exec(line) ?? []
    if (begun !== undefined) this.#current = {name: begun, output: []}
    else if (failed) {
      // An archive has no name yet: dpkg has just said whose it is.
      const name = failed[1] ?? this.#current?.name
      const output = name === this.#current?.name ? (this.#current?.output ?? []) : []
      this.#failing = name === undefined ? undefined : {name, output}
      // What dpkg says from here on is its own.
      this.#current = undefined
    } else if (waiting !== undefined) this.#failed.push({name: waiting, reason: `it is ${status}`, output: []})
    else if (this.#current !== undefined) {
      this.#current.output.push(line)
      if (this.#current.output.length > keptLines) this.#current.output.shift()
    }
  }

  /** The package whose scripts run; undefined before the first. */
  get current(): {readonly name: string; readonly output: readonly string[]} | undefined {
    return this.#current
  }

  /** Packages that failed by themselves; those that only wait for another one count if there is nobody else. */
  get failed(): readonly FailedPackage[] {
    const causes = this.#failed.filter(({reason}) => !reason.startsWith('dependency problems'))
    return causes.length > 0 ? causes : this.#failed
  }
}
