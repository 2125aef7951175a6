/** A file of the matrix, and the reason for its position. */
export interface OrderedFile {
  readonly path: string
  /** A changed file that it covers or imports. */
  readonly touchedBy: string | undefined
}

export interface OrderOptions {
  /** Paths of changed files. */
  readonly changed: readonly string[]
  /** The paths that a file covers, as prefixes. */
  readonly subjectsOf: (path: string) => readonly string[]
  /** The file and its direct and indirect imports. */
  readonly reachOf: (path: string) => ReadonlySet<string>
  /** A number that increases with each commit. */
  readonly turn: number
}

/**
 * Orders test files for a run that may end before all have run.
 *
 * First those that cover the change or have changed; then those that import it; then the others. Among equals
 * another one is first at each turn, so that none is postponed forever.
 */
export function orderFiles(paths: readonly string[], options: OrderOptions): OrderedFile[] {
  const {changed, subjectsOf, reachOf, turn} = options
  const ranked = paths.toSorted().map((path) => {
    const starts = [path, ...subjectsOf(path)]
    const meant = changed.find((file) => starts.some((start) => file.startsWith(start)))
    const reach = meant === undefined ? reachOf(path) : new Set<string>()
    const imported = changed.find((file) => reach.has(file))
    return {path, touchedBy: meant ?? imported, rank: meant !== undefined ? 0 : imported !== undefined ? 1 : 2}
  })
  return [0, 1, 2].flatMap((rank) =>
    rotate(
      ranked.filter((file) => file.rank === rank).map(({path, touchedBy}) => ({path, touchedBy})),
      turn,
    ),
  )
}

function rotate<Item>(items: readonly Item[], turn: number): Item[] {
  const start = items.length === 0 ? 0 : turn % items.length
  return [...items.slice(start), ...items.slice(0, start)]
}
