import {mkdir, readFile, writeFile} from 'node:fs/promises'
import {dirname, join, matchesGlob} from 'node:path'
import * as z from 'zod'
import {HaosError, moduleName, nearest, parentsOf} from '#dsl'
import {defineStep} from '#engine'
import {parseModuleIndex, readContent, readTree, type TreeEntry, unknownModules, writeTree} from '#formats'
import {depmod} from '#tools'
import {omittedBy} from '../../kernel/omitted-by.ts'

const MODULES = '/usr/lib/modules/'
/** Ten times the memory that depmod takes for all modules of a distribution's kernel. */
const MAX_DEPMOD_BYTES = 4 * 1024 ** 3
const FIRMWARE = '/usr/lib/firmware/'

/** Selects modules and firmware from packages, and indexes the modules as the packages' scripts would. */
export const kernelTree = defineStep({
  kind: 'kernel-tree',
  revision: 2,
  summary: 'chooses and indexes kernel modules and firmware',
  inputs: {packages: 'tree'},
  output: 'tree',
  options: z.strictObject({
    kernelVersion: z.string(),
    omit: z.array(z.string()),
    firmwareFiles: z.array(z.string()),
    /** Modules that the recipe names, which must exist. */
    named: z.array(z.string()).default([]),
  }),
  tools: [depmod],
  async run({inputs, options: {kernelVersion, omit, firmwareFiles, named}, output, scratch, epoch, tool}) {
    const version = `${MODULES}${kernelVersion}/`
    const modules: TreeEntry[] = []
    const firmware: TreeEntry[] = []
    // Where kubeadm and Fedora have it: checks of a host read how its kernel was built.
    const settings: TreeEntry[] = []
    for await (const entry of readTree(inputs.packages)) {
      const place = mergedUsr(entry.path)
      if (place.startsWith(version) && entry.type === 'file') {
        if (omittedBy(place.slice(version.length), omit) === undefined) modules.push({...entry, path: place})
      } else if (place === `/boot/config-${kernelVersion}` && entry.type === 'file') {
        settings.push({...entry, path: `${version}config`, mode: 0o644})
      } else if (place.startsWith(FIRMWARE) && (entry.type === 'file' || entry.type === 'symlink')) {
        if (firmwareFiles.some((glob) => matches(place.slice(FIRMWARE.length), glob)))
          firmware.push({...entry, path: place})
      }
    }
    if (modules.length === 0) {
      throw new HaosError('PACKAGE_INVALID', `the kernel package has no modules for ${kernelVersion}`, {
        hint: 'Check `kernel.package` in the recipe: it must be a package with vmlinuz and modules.',
      })
    }
    refuseOddPaths(modules)
    const root = join(scratch, 'root')
    const host = (path: string) => join(root, 'lib/modules', kernelVersion, path.slice(version.length))
    for (const directory of new Set(modules.map(({path}) => dirname(host(path)))))
      await mkdir(directory, {recursive: true})
    for (const {path, content} of modules) if (content) await writeFile(host(path), await readContent(content))
    // It decompresses modules in memory.
    await tool(depmod, {directory: root, kernelVersion}, {maxMemoryBytes: MAX_DEPMOD_BYTES})
    const lists = await Promise.all(
      moduleLists.map(async (name): Promise<TreeEntry> => {
        const bytes = await readFile(host(`${version}${name}`))
        return {path: `${version}${name}`, type: 'file', mode: 0o644, uid: 0, gid: 0, content: {bytes}}
      }),
    )
    refuseUnknown(named, kernelVersion, {
      dep: await readFile(host(`${version}modules.dep`), 'utf8'),
      aliases: await readFile(host(`${version}modules.alias`), 'utf8'),
      builtin: await textOf(modules.find(({path}) => path === `${version}modules.builtin`)),
    })
    await writeTree(output, [...modules, ...settings, ...firmware, ...lists], {epoch})
  },
})

/** Modules become files of the build machine, for depmod: their paths must be plain, and none a parent of another. */
function refuseOddPaths(modules: readonly TreeEntry[]): void {
  const paths = new Set(modules.map(({path}) => path))
  const odd = modules.find(
    ({path}) =>
      !/^(?:\/[\w.+@~-]+)+$/.test(path) ||
      path.split('/').some((name) => name === '.' || name === '..') ||
      parentsOf(path).some((parent) => paths.has(parent)),
  )
  if (odd === undefined) return
  throw new HaosError('PACKAGE_INVALID', `the kernel package has a module ${JSON.stringify(odd.path.slice(0, 200))}`, {
    hint: 'Do not use this package.',
  })
}

const textOf = async (entry: TreeEntry | undefined): Promise<string> =>
  entry?.content === undefined ? '' : Buffer.from(await readContent(entry.content)).toString()

/** modprobe ignores unknown names when it loads a list (`-a -b`), so this check reports misspelt ones. */
function refuseUnknown(
  named: readonly string[],
  kernelVersion: string,
  {dep, builtin, aliases}: {readonly dep: string; readonly builtin: string; readonly aliases: string},
): void {
  const index = parseModuleIndex({dep, softdep: '', builtin})
  const problems = unknownModules(index, aliases, named).map((name) => {
    const meant = nearest(moduleName(name), index.paths.keys())
    return {
      path: `kernelModule ${name}`,
      message: `is not a module of the kernel ${kernelVersion}, or \`kernel.omit\` excludes it`,
      hint: meant === undefined ? 'Remove it from the recipe, or choose another kernel.' : `Did you mean "${meant}"?`,
    }
  })
  if (problems.length === 0) return
  throw new HaosError('RECIPE_INVALID', 'the recipe loads kernel modules that the image does not have', {
    problems,
    hint: 'Name a module only for the architectures and kernels that have it: `defineImage` gives `arch` to the recipe.',
  })
}

/** Files that depmod writes (kmod 29 and later). */
const moduleLists = [
  'modules.alias',
  'modules.alias.bin',
  'modules.builtin.alias.bin',
  'modules.builtin.bin',
  'modules.dep',
  'modules.dep.bin',
  'modules.devname',
  'modules.softdep',
  'modules.symbols',
  'modules.symbols.bin',
]

const mergedUsr = (path: string): string => (path.startsWith('/lib/') ? `/usr${path}` : path)

const matches = (path: string, glob: string): boolean =>
  glob === '*' || path === glob || path.startsWith(`${glob.replace(/\/\*?$/, '')}/`) || matchesGlob(path, glob)
