import {DEFAULT_TAG} from './solver-graph.ts'

/** Which repositories belong to which tag. Repositories and tags are bits from 2 up, in order; 1 stands for no tag. */
export class RepositoryTags {
  readonly #repositories: readonly {readonly tag: string | undefined; readonly bit: number}[]
  readonly #tags: readonly string[]

  /** The tag of each repository, in the order of the repositories. */
  constructor(tags: readonly (string | undefined)[]) {
    this.#repositories = tags.map((tag, index) => ({tag, bit: 1 << (index + 1)}))
    this.#tags = [...new Set(tags.filter((tag) => tag !== undefined))]
  }

  get names(): readonly string[] {
    return this.#tags
  }

  /** The bit of a tag, or undefined if no repository has it. */
  bitOf(tag: string): number | undefined {
    const index = this.#tags.indexOf(tag)
    return index < 0 ? undefined : 1 << (index + 1)
  }

  /** Bits of the repositories that a set of tags allows. */
  repositoriesOf(tags: number): number {
    let bits = 0
    for (const {tag, bit} of this.#repositories) {
      const tagBit = tag === undefined ? DEFAULT_TAG : (this.bitOf(tag) ?? 0)
      if ((tags & tagBit) !== 0) bits |= bit
    }
    return bits
  }

  /** Tags that offer a package, for messages. */
  tagsOf(repositories: number): string[] {
    const found = this.#repositories.filter(({bit}) => (repositories & bit) !== 0)
    return [...new Set(found.flatMap(({tag}) => (tag === undefined ? [] : [tag])))]
  }
}
