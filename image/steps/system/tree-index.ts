import {writeFile} from 'node:fs/promises'
import * as z from 'zod'
import {defineStep} from '#engine'
import {readContent, readTree} from '#formats'
import {isPackageDatabase, type PackageFiles, parsePackageDatabase} from './package-files.ts'
import {readServicePrograms} from './service-programs.ts'

const IndexEntry = z.object({
  type: z.string(),
  mode: z.number(),
  uid: z.number(),
  gid: z.number(),
  /** Target of a symlink, as written. */
  target: z.string().optional(),
  /** Index in `packages` of the package that contains it; for a directory, of the first one. */
  package: z.number().optional(),
  /** Several packages have files in the directory. */
  shared: z.literal(true).optional(),
  /** A file has capabilities (capabilities(7), "File capabilities"). */
  capabilities: z.literal(true).optional(),
})

const Services = z.record(z.string(), z.object({interpreter: z.string().optional(), command: z.string().optional()}))

/** The entries of a tree by path, and the texts of its account files. */
export const TreeIndex = z.object({
  entries: z.record(z.string(), IndexEntry),
  accounts: z.object({passwd: z.string(), group: z.string(), shadow: z.string()}),
  /** Names of the packages that contain files. */
  packages: z.array(z.string()),
  /** Programs that the scripts in /etc/init.d name, by the path of the script. */
  services: Services,
})
export type TreeIndex = z.output<typeof TreeIndex>

/**
 * Lists a tree.
 *
 * The layer above the packages needs their paths and accounts, not their contents. As a separate step, the index stays
 * the same if an update changes neither, and the layer above is not rebuilt.
 */
export const treeIndex = defineStep({
  kind: 'tree-index',
  revision: 3,
  summary: 'lists the files of the packages',
  inputs: {tree: 'tree'},
  output: 'file',
  options: z.strictObject({}),
  tools: [],
  async run({inputs, output}) {
    const entries: TreeIndex['entries'] = {}
    const accounts = {passwd: '', group: '', shadow: ''}
    const packageFiles: PackageFiles[] = []
    const services: TreeIndex['services'] = {}
    for await (const {path, type, mode, uid, gid, target, content, xattrs} of readTree(inputs.tree)) {
      const capabilities = xattrs?.['security.capability'] !== undefined
      entries[path] = {type, mode, uid, gid, ...(type === 'symlink' && {target}), ...(capabilities && {capabilities})}
      if (content === undefined) continue
      const text = async () => Buffer.from(await readContent(content)).toString()
      const name = /^\/etc\/(passwd|group|shadow)$/.exec(path)?.[1]
      if (name !== undefined) accounts[name as keyof typeof accounts] = await text()
      else if (isPackageDatabase(path)) packageFiles.push(...parsePackageDatabase(path, await text()))
      else if (path.startsWith('/etc/init.d/')) services[path] = readServicePrograms(await text())
    }
    const packages = nameOwners(packageFiles, entries)
    await writeFile(output, JSON.stringify({entries, accounts, packages, services}))
  },
})

/** Sets the package of each entry, and returns the names of the packages. */
function nameOwners(packageFiles: readonly PackageFiles[], entries: TreeIndex['entries']): string[] {
  const sorted = packageFiles.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  for (const [number, {paths}] of sorted.entries()) {
    for (const written of paths) {
      // Packages may list paths below /usr without it, because of the symlinks of merged /usr.
      const entry = entries[written] ?? entries[`/usr${written}`]
      if (entry === undefined) continue
      if (entry.package === undefined) entry.package = number
      else if (entry.package !== number) entry.shared = true
    }
  }
  return sorted.map(({name}) => name)
}
