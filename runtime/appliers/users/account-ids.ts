import type {Identity} from '#dsl'
import {type Host, mkdirAll} from '../../host/host.ts'
import {writeIfChanged} from '../../host/write-if-changed.ts'

type Kind = 'user' | 'group'

/**
 * Numbers that names were given, kept across boots: /etc is new at each boot, and files in /home belong to numbers.
 *
 * The number of a name that is no longer in the config stays its own.
 */
export class AccountIds {
  readonly #host: Host
  readonly #directory: string
  readonly #ids = new Map<string, number>()

  constructor(host: Host, {localDir}: Identity) {
    this.#host = host
    this.#directory = localDir
    for (const line of (host.read(this.#path) ?? '').split('\n')) {
      const [, key, id] = /^((?:user|group):[^:]+):(\d+)$/.exec(line) ?? []
      if (key !== undefined) this.#ids.set(key, Number(id))
    }
  }

  get #path(): string {
    return `${this.#directory}/account-ids`
  }

  of(kind: Kind, name: string): number | undefined {
    return this.#ids.get(`${kind}:${name}`)
  }

  keep(kind: Kind, name: string, id: number): void {
    this.#ids.set(`${kind}:${name}`, id)
  }

  /** Whether the number was given to a user or a group of another name. */
  isTaken(id: number, name: string): boolean {
    return [...this.#ids].some(([key, taken]) => taken === id && key.slice(key.indexOf(':') + 1) !== name)
  }

  write(): void {
    if (this.#ids.size === 0) return
    mkdirAll(this.#host, this.#directory)
    const lines = [...this.#ids].map(([key, id]) => `${key}:${id}\n`)
    writeIfChanged(this.#host, this.#path, lines.join(''), {mode: 0o644})
  }
}
