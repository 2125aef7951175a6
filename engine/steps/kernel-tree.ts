import {mkdir, readFile, writeFile} from 'node:fs/promises'
import {dirname, join, matchesGlob} from 'node:path'
import * as z from 'zod'
import {HaosError} from '#dsl'
import {defineStep} from '../plan/step.ts'
import {depmod} from '../tools/depmod.ts'
import {readContent, readTree, type TreeEntry, writeTree} from './tree-archive.ts'

const MODULES = '/usr/lib/modules/'
const FIRMWARE = '/usr/lib/firmware/'

/** Chooses modules and firmware out of packages and indexes the modules, as the packages' scripts would. */
export const kernelTree = defineStep({
  kind: 'kernel-tree',
  revision: 1,
  summary: 'chooses and indexes kernel modules and firmware',
  inputs: {packages: 'tree'},
  output: 'tree',
  options: z.strictObject({
    kernelVersion: z.string(),
    omit: z.array(z.string()),
    firmwareFiles: z.array(z.string()),
  }),
  tools: [depmod],
  async run({inputs, options: {kernelVersion, omit, firmwareFiles}, output, scratch, epoch, tool}) {
    const version = `${MODULES}${kernelVersion}/`
    const modules: TreeEntry[] = []
    const firmware: TreeEntry[] = []
    for await (const entry of readTree(inputs.packages)) {
      const place = mergedUsr(entry.path)
      if (place.startsWith(version) && entry.type === 'file') {
        if (!isOmitted(place.slice(version.length), omit)) modules.push({...entry, path: place})
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
    const root = join(scratch, 'root')
    const host = (path: string) => join(root, 'lib/modules', kernelVersion, path.slice(version.length))
    for (const directory of new Set(modules.map(({path}) => dirname(host(path)))))
      await mkdir(directory, {recursive: true})
    for (const {path, content} of modules) if (content) await writeFile(host(path), await readContent(content))
    await tool(depmod, {directory: root, kernelVersion})
    const lists = await Promise.all(
      moduleLists.map(async (name): Promise<TreeEntry> => {
        const bytes = await readFile(host(`${version}${name}`))
        return {path: `${version}${name}`, type: 'file', mode: 0o644, uid: 0, gid: 0, content: {bytes}}
      }),
    )
    await writeTree(output, [...modules, ...firmware, ...lists], {epoch})
  },
})

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

/** `drivers/gpu` and `drivers/gpu/*` both leave out the directory with all below it. */
const isOmitted = (path: string, omit: readonly string[]): boolean =>
  omit.some((glob) => {
    const directory = `kernel/${glob.replace(/\/\*$/, '')}`
    return path.startsWith(`${directory}/`) || matchesGlob(path, directory)
  })

const matches = (path: string, glob: string): boolean =>
  glob === '*' || path === glob || path.startsWith(`${glob.replace(/\/\*?$/, '')}/`) || matchesGlob(path, glob)
