import type {NameTable} from './name-table.ts'
import {DEPENDENCY_SIZE} from './read-dependencies.ts'

/** The part of a package index that is read here. */
export interface InstallIfIndex {
  readonly names: Pick<NameTable, 'compareWalk'>
  /** Packages that have an `install_if`. */
  readonly installIf: readonly number[]
  nameOf(pkg: number): number
  dependencyName(at: number): number
  listsOf(pkg: number): {readonly provides: number; readonly installIf: number; readonly end: number}
}

/** Maps each name to the names of the packages whose `install_if` mentions it. */
export function collectInstallIf(index: InstallIfIndex): Map<number, number[]> {
  const mentions = new Map<number, Set<number>>()
  for (const pkg of index.installIf) {
    const {provides, installIf, end} = index.listsOf(pkg)
    const mentioned: number[] = []
    for (let at = installIf; at < end; at += DEPENDENCY_SIZE) mentioned.push(index.dependencyName(at))
    const own = mentions.get(index.nameOf(pkg)) ?? new Set()
    mentions.set(index.nameOf(pkg), own)
    for (const name of mentioned) own.add(name)
    for (let at = provides; at < installIf; at += DEPENDENCY_SIZE) {
      const provided = mentions.get(index.dependencyName(at)) ?? new Set()
      mentions.set(index.dependencyName(at), provided)
      for (const name of mentioned) provided.add(name)
    }
  }
  const dependents = new Map<number, number[]>()
  for (const name of [...mentions.keys()].sort((a, b) => index.names.compareWalk(a, b))) {
    for (const mentioned of mentions.get(name) ?? []) {
      const list = dependents.get(mentioned)
      if (list) list.push(name)
      else dependents.set(mentioned, [name])
    }
  }
  return dependents
}
