import {posix} from 'node:path'
import {parseElf, readContent, readTree, type TreeEntry} from '#formats'

/**
 * Takes programs from a tree, with the libraries that they need and the dynamic linker that loads them.
 *
 * Libraries go to `/lib`, where every linker looks (ld.so(8); musl's default path); the linker itself to the path that
 * the program names. Programs that the tree does not contain are skipped.
 */
export async function takePrograms(tree: string, paths: readonly string[]): Promise<TreeEntry[]> {
  if (paths.length === 0) return []
  const entries = new Map<string, TreeEntry>()
  for await (const entry of readTree(tree)) entries.set(entry.path, entry)
  const libraries = new Map<string, string>()
  for (const path of entries.keys()) if (/^(?:\/usr)?\/lib\//.test(path)) libraries.set(posix.basename(path), path)

  const taken = new Map<string, TreeEntry>()
  const take = async (from: string, to: string): Promise<void> => {
    const entry = follow(entries, from)
    if (entry?.content === undefined || taken.has(to)) return
    const bytes = await readContent(entry.content)
    taken.set(to, {path: to, type: 'file', mode: 0o755, uid: 0, gid: 0, content: {bytes}})
    const elf = parseElf(bytes)
    if (elf?.interpreter !== undefined) await take(elf.interpreter, elf.interpreter)
    for (const name of elf?.needed ?? []) {
      const library = libraries.get(name)
      if (library !== undefined) await take(library, `/lib/${name}`)
    }
  }
  for (const path of paths) await take(path, path.replace(/^\/usr\//, '/'))
  return [...taken.values()]
}

/** The file that a path leads to. On a merged-/usr system, the tree may contain only the path below /usr. */
function follow(entries: ReadonlyMap<string, TreeEntry>, path: string): TreeEntry | undefined {
  let at = path
  for (let links = 0; links < 8; links++) {
    const entry = entries.get(at) ?? entries.get(`/usr${at}`)
    if (entry?.type === 'hardlink') at = entry.target ?? ''
    else if (entry?.type === 'symlink') at = posix.resolve(posix.dirname(entry.path), entry.target ?? '')
    else return entry
  }
  return undefined
}
