import type {Node} from '../../apply/applier.ts'
import {mkdirAll} from '../../host/host.ts'
import {writeIfChanged} from '../../host/write-if-changed.ts'

/** The users that were made since the node started: /etc and this list are new at each boot. */
export class MadeUsers {
  readonly #node: Node
  readonly #path: string
  readonly names: readonly string[]

  constructor(node: Node) {
    this.#node = node
    this.#path = `${node.identity.runDir}/users`
    this.names = (node.host.read(this.#path) ?? '').split('\n').filter((name) => name !== '')
  }

  write(names: readonly string[]): void {
    if (names.length === 0 && this.names.length === 0) return
    mkdirAll(this.#node.host, this.#node.identity.runDir)
    writeIfChanged(this.#node.host, this.#path, names.map((name) => `${name}\n`).join(''))
  }
}
