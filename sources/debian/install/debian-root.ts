import {stat} from 'node:fs/promises'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import * as z from 'zod'
import {Arch} from '#dsl'
import {defineStep} from '#engine'
import {contentSize, type TreeEntry, writeTree} from '#formats'
import {explainTreeRun, newuidmap, runInTree, storageFor, treeTools, unxz} from '#tools'
import {unpackDebs} from '../archive/deb-archive.ts'
import {type DebianPackage, readDebianPackage} from '../archive/debian-package.ts'
import {writeDeb} from '../archive/write-deb.ts'
import {DpkgProgress} from './dpkg-progress.ts'
import {excludedPaths, includedPaths} from './excluded-paths.ts'
import {explainDpkg} from './explain-dpkg.ts'
import {type Layout, layOut} from './lay-out.ts'
import {stageDirectory} from './place-packages.ts'

/**
 * Builds a configured root from exactly the given packages.
 *
 * The real dpkg runs their scripts in a sandbox that contains only that root (`runInTree`). Needs qemu-user for foreign
 * architectures. Fails with PACKAGE_INVALID for an invalid archive, with TOOL_FAILED and TOOL_ENDLESS naming the packages
 * whose scripts fail or do not end, and with HOST_UNSUPPORTED if the build machine has no user namespaces.
 */
export const debianRoot = defineStep({
  kind: 'debian-root',
  revision: 4,
  summary: 'installs Debian packages',
  inputs: {archives: ['file']},
  output: 'tree',
  options: z.strictObject({
    arch: Arch,
    /** Packages in the order of the archives, as `name version`. */
    labels: z.array(z.string()),
  }),
  tools: [unxz, ...treeTools],
  userTools: [newuidmap],
  async run(context) {
    const {inputs, options, output, scratch, epoch, tool} = context
    const archives = inputs.archives.map((path, index) => ({path, label: options.labels[index] ?? path}))
    const packages: DebianPackage[] = []
    for (const item of await unpackDebs(archives, context)) packages.push(await readDebianPackage(item))
    const layout = layOut(packages)
    const entries = [...layout.entries, ...(await stageFor(layout, scratch))]
    const before = join(scratch, 'before.tar')
    await writeTree(before, entries, {epoch})
    const storage = storageFor(entries.reduce((sum, {content}) => sum + contentSize(content), 0))
    const command = ['/bin/sh', `${stageDirectory}/configure-root.sh`]
    const arch = emulated[options.arch]
    const progress = new DpkgProgress()
    const onLine = (line: string) => progress.read(line)
    try {
      await tool(runInTree, {storage, arch, epoch, command}, {stdin: before, stdout: output, onLine})
    } catch (error) {
      throw (await explainTreeRun(error, arch)) ?? explainDpkg(error, progress)
    }
  },
})

/** What qemu-user calls the architectures. */
const emulated: Readonly<Record<Arch, string>> = {amd64: 'x86_64', arm64: 'aarch64', arm: 'arm'}

/** The script's inputs, in `stageDirectory`. */
async function stageFor({foundation, unpackFirst, unpackThen}: Layout, scratch: string): Promise<TreeEntry[]> {
  const entry = (name: string, content: TreeEntry['content']): TreeEntry => ({
    path: `${stageDirectory}/${name}`,
    type: 'file',
    mode: 0o644,
    uid: 0,
    gid: 0,
    ...(content && {content}),
  })
  const fromFile = async (name: string, hostPath: string) =>
    entry(name, {hostPath, offset: 0, sizeBytes: (await stat(hostPath)).size})
  const options = [
    ...excludedPaths.map((pattern) => `path-exclude=${pattern}\n`),
    ...includedPaths.map((pattern) => `path-include=${pattern}\n`),
    // A failed build discards the root, so it need not survive a power failure.
    'force-unsafe-io\n',
  ]
  const entries = [
    await fromFile('configure-root.sh', fileURLToPath(new URL('./configure-root.sh', import.meta.url))),
    entry('foundation', {bytes: Buffer.from(foundation.map((name) => `${name}\n`).join(''))}),
    entry('dpkg.cfg', {bytes: Buffer.from(options.join(''))}),
  ]
  for (const [directory, packages] of [
    ['first', unpackFirst],
    ['rest', unpackThen],
  ] as const) {
    // A number, because dpkg unpacks in the order of names; and no package's name becomes part of a path.
    for (const [index, {tars}] of inFileOrder(packages).entries()) {
      const name = `${directory}-${String(index).padStart(5, '0')}.deb`
      writeDeb(join(scratch, name), tars)
      entries.push(await fromFile(name, join(scratch, name)))
    }
  }
  return entries
}

/** Packages in the order of names such as `name.deb`. */
const inFileOrder = (packages: readonly DebianPackage[]): DebianPackage[] =>
  packages.toSorted((a, b) => (`${a.name}.deb` < `${b.name}.deb` ? -1 : 1))
