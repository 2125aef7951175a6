import {rm} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import type {Artifact} from '../plan/plan.ts'
import {copyWithHoles} from './copy-sparse.ts'
import type {Digest} from './digest.ts'
import {makeDirectory} from './make-directory.ts'
import {partialPathOf} from './write-atomically.ts'

/**
 * Copies of artifacts in the output directory, under temporary names, made while the store computes their digests: one processor
 * copies, another one computes. Disposal removes those that nobody took.
 */
export class EarlyCopies implements AsyncDisposable {
  readonly #places: ReadonlyMap<Digest, string>
  readonly #copies = new Map<Digest, string>()

  /** For artifacts that will be exported to a directory. */
  constructor(artifacts: readonly Artifact[], out: string) {
    this.#places = new Map(artifacts.map(({step, name}) => [step, join(out, name)]))
  }

  /** Copies the output of a step when called; undefined if the step makes no artifact. */
  reader(step: Digest, output: string): (() => Promise<void>) | undefined {
    const place = this.#places.get(step)
    return place === undefined ? undefined : () => this.#copy(step, output, place)
  }

  /** Temporary path of the copy of a step's output, which the caller renames or removes; undefined if there is none. */
  take(step: Digest): string | undefined {
    const path = this.#copies.get(step)
    this.#copies.delete(step)
    return path
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const path of this.#copies.values()) await rm(path, {force: true})
  }

  async #copy(step: Digest, output: string, place: string): Promise<void> {
    const partial = partialPathOf(place)
    try {
      await makeDirectory(dirname(place))
      await copyWithHoles(output, partial)
      this.#copies.set(step, partial)
    } catch {
      // The export copies again, and reports what is wrong.
      await rm(partial, {force: true})
    }
  }
}
