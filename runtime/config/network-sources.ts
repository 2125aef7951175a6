import type {SourceResult} from './read-yaml.ts'

/** Where each link of `network:` is described, by its name in the document. */
export type NetworkSources = Readonly<Record<string, readonly string[]>>

/** Stands for the links that a document of version 1 lists: it names no sections. */
export const everyOtherLink = '*'

/** The sources that describe each link, in the order in which they were read. One that is not named has the name of its file. */
export function networkSources(results: readonly SourceResult[]): NetworkSources {
  const found = new Map<string, Set<string>>()
  for (const {source, statements} of results) {
    if (source === undefined) continue
    for (const {path} of statements) {
      const [section, part, name] = path
      if (section !== 'network' || (name === undefined && part !== 'config')) continue
      const link = name ?? everyOtherLink
      found.set(link, (found.get(link) ?? new Set()).add(source))
    }
  }
  return Object.fromEntries([...found].map(([link, sources]) => [link, [...sources]]))
}
