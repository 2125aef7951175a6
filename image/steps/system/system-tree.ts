import {readFile, stat} from 'node:fs/promises'
import * as z from 'zod'
import {type Problem, Sha256} from '#dsl'
import {defineStep} from '#engine'
import {
  type AccountFiles,
  addAccounts,
  NewGroup,
  NewUser,
  ownerIds,
  readContent,
  type TreeEntry,
  withParents,
  writeTree,
} from '#formats'
import {checkRoot} from './check/check-root.ts'
import {FinishedRoot} from './check/finished-root.ts'
import {fromFileNode} from './file-node.ts'
import {packageConflict, refuseConflicts} from './package-conflicts.ts'
import {resolveNodes} from './resolve-nodes.ts'
import {readServicePrograms} from './service-programs.ts'
import {refuseMissingServices} from './service-scripts.ts'
import {SystemNode} from './system-node.ts'
import {TreeIndex} from './tree-index.ts'

/**
 * Makes the layer above the packages: the runtime, the recipe's files and the accounts. Checks the resulting root:
 * fails with PATH_CONFLICT, RECIPE_INVALID or IMAGE_UNSOUND.
 */
export const systemTree = defineStep({
  kind: 'system-tree',
  revision: 8,
  summary: "lays out the recipe's files, services and users",
  inputs: {index: 'file', runtime: 'file', files: ['file']},
  output: 'tree',
  options: z.strictObject({
    nodes: z.array(SystemNode),
    users: z.array(NewUser),
    groups: z.array(NewGroup),
    /** Image path of the node's program. */
    runtimePath: z.string(),
    /** Image paths of the input files, in their order. */
    filePaths: z.array(z.string()),
    /** Directories that the node mounts, whose contents are unknown here. */
    mounted: z.array(z.string()).default([]),
    /** Digests of the remaining input files, which nodes may name by digest like files of the recipe. */
    fetched: z.array(Sha256).optional(),
  }),
  tools: [],
  async run({inputs, options, output, epoch, file}) {
    const index = TreeIndex.parse(JSON.parse(await readFile(inputs.index, 'utf8')))
    const nodes = resolveNodes(options.nodes, index, [options.runtimePath, ...options.filePaths])
    refuseConflicts(conflicts(nodes, index))
    refuseMissingServices(nodes, index)
    const accounts = addAccounts(index.accounts, options.users, options.groups, epoch)
    const entries: TreeEntry[] = [
      {
        path: options.runtimePath,
        type: 'file',
        mode: 0o755,
        uid: 0,
        gid: 0,
        content: {bytes: await readFile(inputs.runtime)},
      },
      ...(await Promise.all(
        inputs.files.slice(0, options.filePaths.length).map(async (hostPath, index): Promise<TreeEntry> => {
          const {size} = await stat(hostPath)
          const content = {hostPath, offset: 0, sizeBytes: size}
          return {path: options.filePaths[index] ?? '', type: 'file', mode: 0o644, uid: 0, gid: 0, content}
        }),
      )),
      ...(options.users.length + options.groups.length > 0 ? accountEntries(accounts, index) : []),
    ]
    const fetched = inputs.files.slice(options.filePaths.length)
    const found = (sha256: string) => fetched[options.fetched?.indexOf(sha256) ?? -1] ?? file(sha256)
    for (const {node, owner} of nodes) {
      const entry = await fromFileNode(node, found)
      entries.push(owner === undefined ? entry : {...entry, ...ownerIds(accounts, owner)})
    }
    const layer = keepParents(entries, index)
    checkRoot(new FinishedRoot(index, layer, options.mounted), {
      accounts,
      services: {...index.services, ...(await servicesOf(entries))},
    })
    await writeTree(output, layer, {epoch})
  },
})

/** Programs that the recipe's own service scripts name. */
async function servicesOf(entries: readonly TreeEntry[]): Promise<TreeIndex['services']> {
  const services: TreeIndex['services'] = {}
  for (const {path, content} of entries)
    if (path.startsWith('/etc/init.d/') && content !== undefined)
      services[path] = readServicePrograms(Buffer.from(await readContent(content)).toString())
  return services
}

const conflicts = (nodes: readonly SystemNode[], index: TreeIndex): Problem[] =>
  nodes.flatMap(({node, replace}): Problem[] => {
    const below = index.entries[node.path]
    if (replace || below === undefined || (below.type === 'directory' && node.type === 'directory')) return []
    return [packageConflict(node.path)]
  })

const accountEntries = (accounts: AccountFiles, index: TreeIndex): TreeEntry[] =>
  (['passwd', 'group', 'shadow'] as const).map((name) => {
    const path = `/etc/${name}`
    const {mode, uid, gid} = index.entries[path] ?? {mode: name === 'shadow' ? 0o640 : 0o644, uid: 0, gid: 0}
    return {path, type: 'file', mode, uid, gid, content: {bytes: Buffer.from(accounts[name])}}
  })

/**
 * A directory of an upper layer overrides the mode of the one below, so directories that are only parents of our files
 * keep the packages' mode.
 */
function keepParents(entries: readonly TreeEntry[], index: TreeIndex): TreeEntry[] {
  const given = new Set(entries.map(({path}) => path))
  return withParents(entries).map((entry) => {
    const below = index.entries[entry.path]
    if (given.has(entry.path) || below?.type !== 'directory') return entry
    return {...entry, mode: below.mode, uid: below.uid, gid: below.gid}
  })
}
