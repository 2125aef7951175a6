import {moduleName} from '#dsl'

/** The content of depmod's lists about the modules of one kernel (modules.dep(5), modules.softdep, modules.builtin). */
export interface ModuleIndex {
  /** Path below the version's directory by module name, such as `kernel/fs/ext4/ext4.ko.xz`. */
  readonly paths: ReadonlyMap<string, string>
  /** Paths of a module's dependencies, by its path, nearest first. */
  readonly dependencies: ReadonlyMap<string, readonly string[]>
  /** Names of modules to load with a module. */
  readonly softDependencies: ReadonlyMap<string, readonly string[]>
  readonly builtin: ReadonlySet<string>
}

/** Reads depmod's lists. */
export function parseModuleIndex(lists: {
  readonly dep: string
  readonly softdep: string
  readonly builtin: string
}): ModuleIndex {
  const dependencies = new Map<string, readonly string[]>()
  for (const line of lists.dep.split('\n')) {
    const [path = '', needs = ''] = line.split(':')
    if (path !== '') dependencies.set(path, needs.split(' ').filter(Boolean))
  }
  const softDependencies = new Map<string, string[]>()
  for (const line of lists.softdep.split('\n')) {
    const [keyword, name = '', ...words] = line.split(/\s+/)
    if (keyword !== 'softdep') continue
    const asked = words.filter((word) => word !== '' && !word.endsWith(':')).map(moduleName)
    softDependencies.set(moduleName(name), [...(softDependencies.get(moduleName(name)) ?? []), ...asked])
  }
  return {
    paths: new Map([...dependencies.keys()].map((path) => [moduleName(path), path])),
    dependencies,
    softDependencies,
    builtin: new Set(lists.builtin.split('\n').filter(Boolean).map(moduleName)),
  }
}

/**
 * The paths of the requested modules and of all their dependencies.
 *
 * A request is a module name or a directory below `kernel/` (`drivers/scsi`), which stands for all its modules. Names of
 * built-in modules are fine; names that this kernel lacks are returned in `missing`, because one list serves many kernels.
 */
export function moduleClosure(
  index: ModuleIndex,
  wishes: readonly string[],
): {readonly paths: readonly string[]; readonly missing: readonly string[]} {
  const missing: string[] = []
  const chosen = new Set<string>()
  const add = (path: string): void => {
    if (chosen.has(path)) return
    chosen.add(path)
    for (const needed of index.dependencies.get(path) ?? []) add(needed)
    for (const soft of index.softDependencies.get(moduleName(path)) ?? []) {
      const softPath = index.paths.get(soft)
      if (softPath !== undefined) add(softPath)
    }
  }
  for (const wish of wishes) {
    if (wish.includes('/')) {
      const inside = [...index.dependencies.keys()].filter((path) =>
        path.startsWith(`kernel/${wish.replace(/\/\*?$/, '')}/`),
      )
      for (const path of inside) add(path)
      if (inside.length === 0) missing.push(wish)
      continue
    }
    const path = index.paths.get(moduleName(wish))
    if (path !== undefined) add(path)
    else if (!index.builtin.has(moduleName(wish))) missing.push(wish)
  }
  return {paths: [...chosen].sort(), missing}
}

/** Those of the names that modprobe would not find: neither a module, nor built in, nor a plain alias such as `fs-ext4`. */
export function unknownModules(index: ModuleIndex, aliases: string, names: readonly string[]): readonly string[] {
  const aliased = new Set(aliases.split('\n').map((line) => moduleName(line.split(' ')[1] ?? '')))
  return names.filter((name) => {
    const plain = moduleName(name)
    return !index.paths.has(plain) && !index.builtin.has(plain) && !aliased.has(plain)
  })
}

/** Keeps the lines of depmod's lists that are about the given modules, renamed where they were decompressed. */
export function filterModuleLists(
  lists: ReadonlyMap<string, string>,
  paths: readonly string[],
): ReadonlyMap<string, string> {
  const names = new Set(paths.map(moduleName))
  const kept = new Set(paths)
  const plain = (path: string) => path.replace(/\.ko\.\w+$/, '.ko')
  const byLine: Readonly<Record<string, (line: string) => string | undefined>> = {
    'modules.dep': (line) => {
      const [path = '', needs = ''] = line.split(':')
      if (!kept.has(path)) return undefined
      return `${plain(path)}: ${needs.split(' ').filter(Boolean).map(plain).join(' ')}`.trimEnd()
    },
    // `alias PATTERN MODULE`: a pattern holds no spaces.
    'modules.alias': (line) => (names.has(moduleName(line.split(' ').at(-1) ?? '')) ? line : undefined),
    'modules.softdep': (line) => (names.has(moduleName(line.split(/\s+/)[1] ?? '')) ? line : undefined),
    'modules.builtin': (line) => line,
    'modules.order': (line) =>
      kept.has(line) || paths.some((path) => plain(path) === plain(line)) ? plain(line) : undefined,
  }
  return new Map(
    Object.entries(byLine).flatMap(([name, keep]) => {
      const text = lists.get(name)
      if (text === undefined) return []
      const lines = text.split('\n').filter(Boolean).map(keep)
      return [[name, `${lines.filter((line) => line !== undefined).join('\n')}\n`] as const]
    }),
  )
}
