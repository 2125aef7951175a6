import type {RawEntry, RawMap} from '../raw.ts'

/** Thrown if the maps that `<<` names have more keys than anybody writes: each merge of a merge adds all keys again. */
export class TooManyMergesError extends Error {}

const maxKeys = 20_000

/** Merges what `<<` names (YAML 1.1, "Merge Key") into the maps of one document. */
export class MergeKeys {
  #left = maxKeys

  /** The entries of a map with those that it merges in front of its own keys, which win. Throws TooManyMergesError. */
  merge(entries: readonly RawEntry[]): readonly RawEntry[] {
    const own = entries.filter((entry) => !isMerge(entry))
    if (own.length === entries.length) return entries
    const seen = new Set(own.map(({key}) => key))
    const merged: RawEntry[] = []
    for (const map of entries.filter(isMerge).flatMap(mapsOf)) {
      this.#left -= map.entries.length + 1
      if (this.#left < 0) throw new TooManyMergesError(`merges more than ${maxKeys} keys with "<<"`)
      for (const entry of map.entries) {
        if (seen.has(entry.key)) continue
        seen.add(entry.key)
        merged.push(entry)
      }
    }
    return [...merged, ...own]
  }
}

const isMerge = ({key, value}: RawEntry): boolean => key === '<<' && value.kind !== 'text'

const mapsOf = ({value}: RawEntry): readonly RawMap[] =>
  (value.kind === 'list' ? value.items : [value]).filter((item): item is RawMap => item.kind === 'map')
