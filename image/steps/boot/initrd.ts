import {mkdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import * as z from 'zod'
import {FileTree, HaosError, ImagePath} from '#dsl'
import {defineStep} from '#engine'
import {
  encodeCpio,
  filterModuleLists,
  moduleClosure,
  parseModuleIndex,
  readContent,
  readTree,
  type TreeEntry,
} from '#formats'
import {unxz, zstd} from '#tools'
import {fromFileNode} from '../system/file-node.ts'
import {takePrograms} from './take-programs.ts'

/** Ten times the largest known module, a graphics driver. */
const MAX_MODULE_BYTES = 1024 ** 3

/**
 * The initrd: a static busybox, stage 0, and the modules that are required to find the system.
 *
 * Modules are stored uncompressed: the archive is compressed as a whole, which is smaller, and the kernel need not
 * decompress each module.
 */
export const initrd = defineStep({
  kind: 'initrd',
  revision: 2,
  summary: 'packs what the kernel starts with',
  inputs: {modules: 'tree', busybox: 'file', packages: 'tree'},
  output: 'file',
  options: z.strictObject({
    kernelVersion: z.string(),
    /** Module names, or directories below `kernel/`. */
    modules: z.array(z.string()),
    /** Programs of the packages, each with the libraries that it needs. Missing ones are skipped. */
    programs: z.array(ImagePath).default([]),
    /** Stage 0 and its settings. */
    files: FileTree,
    level: z.int().min(1).max(19).default(15),
  }),
  tools: [unxz, zstd],
  async run({inputs, options, output, scratch, epoch, tool, file}) {
    const modules = await chooseModules(inputs.modules, options.kernelVersion, options.modules)
    const plain = await decompress(modules, scratch, (files) => tool(unxz, {files}, {maxFileBytes: MAX_MODULE_BYTES}))
    const entries: TreeEntry[] = [
      ...plain,
      {
        path: '/bin/busybox',
        type: 'file',
        mode: 0o755,
        uid: 0,
        gid: 0,
        content: {bytes: await readFile(inputs.busybox)},
      },
      ...(await takePrograms(inputs.packages, options.programs)),
      ...(await Promise.all(options.files.map((node) => fromFileNode(node, file)))),
    ]
    const archive = join(scratch, 'initrd.cpio')
    await writeFile(archive, encodeCpio(entries, {epoch}))
    await tool(zstd, {input: archive, output, level: options.level})
  },
})

async function chooseModules(tree: string, kernelVersion: string, wishes: readonly string[]): Promise<TreeEntry[]> {
  const directory = `/usr/lib/modules/${kernelVersion}/`
  const entries = new Map<string, TreeEntry>()
  for await (const entry of readTree(tree)) {
    if (entry.path.startsWith(directory)) entries.set(entry.path.slice(directory.length), entry)
  }
  const lists = new Map<string, string>()
  for (const name of ['modules.dep', 'modules.alias', 'modules.softdep', 'modules.builtin', 'modules.order']) {
    const content = entries.get(name)?.content
    lists.set(name, content ? Buffer.from(await readContent(content)).toString() : '')
  }
  const list = (name: string) => lists.get(`modules.${name}`) ?? ''
  const {paths} = moduleClosure(
    parseModuleIndex({dep: list('dep'), softdep: list('softdep'), builtin: list('builtin')}),
    wishes,
  )
  if (paths.length === 0) {
    throw new HaosError('PACKAGE_INVALID', `the kernel ${kernelVersion} has none of the modules for the initrd`, {
      hint: 'Check `kernel.initrd` and the kernel package in the recipe.',
    })
  }
  // busybox looks in /lib/modules, and there is no /usr in an initrd.
  const place = (path: string) => `/lib/modules/${kernelVersion}/${path}`
  const chosen = paths.flatMap((path) => {
    const entry = entries.get(path)
    return entry ? [{...entry, path: place(path)}] : []
  })
  const filtered = [...filterModuleLists(lists, paths)].map(
    ([name, text]): TreeEntry => ({
      path: place(name),
      type: 'file',
      mode: 0o644,
      uid: 0,
      gid: 0,
      content: {bytes: Buffer.from(text)},
    }),
  )
  return [...chosen, ...filtered]
}

async function decompress(
  entries: readonly TreeEntry[],
  scratch: string,
  unpack: (files: readonly string[]) => Promise<unknown>,
): Promise<TreeEntry[]> {
  const directory = join(scratch, 'modules')
  await mkdir(directory)
  const packed = entries.filter(({path}) => path.endsWith('.ko.xz'))
  const hostPath = (index: number) => join(directory, `${index}.ko`)
  // One after another: there may be more modules than a process may have files open.
  for (const [index, {content}] of packed.entries())
    if (content) await writeFile(`${hostPath(index)}.xz`, await readContent(content))
  if (packed.length > 0) await unpack(packed.map((_, index) => `${hostPath(index)}.xz`))
  const unpacked: TreeEntry[] = []
  for (const [index, entry] of packed.entries()) {
    const bytes = await readFile(hostPath(index))
    unpacked.push({...entry, path: entry.path.replace(/\.xz$/, ''), content: {bytes}})
  }
  return [...entries.filter((entry) => !packed.includes(entry)), ...unpacked]
}
