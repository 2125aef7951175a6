import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import * as z from 'zod'
import {Arch} from '#dsl'
import {defineStep} from '#engine'
import {contentSize, writeTree} from '#formats'
import {unxz} from '#tools'
import {unpackDebs} from '../archive/deb-archive.ts'
import {type DebianPackage, readDebianPackage} from '../archive/debian-package.ts'
import {writeDeb} from '../archive/write-deb.ts'
import {newuidmap, tar, unshare} from '../tools.ts'
import {excludedPaths, includedPaths} from './excluded-paths.ts'
import {explainRootFailure} from './explain-root-failure.ts'
import {type Layout, layOut} from './lay-out.ts'

/**
 * Makes a configured root of exactly the given packages.
 *
 * The real dpkg runs their scripts, apart from the machine: without network, and without root where the machine has
 * user namespaces. Needs qemu-user for foreign architectures. Fails with HOST_UNSUPPORTED when the machine has neither.
 */
export const debianRoot = defineStep({
  kind: 'debian-root',
  revision: 4,
  summary: 'installs Debian packages',
  inputs: {archives: ['file']},
  output: 'tree',
  options: z.strictObject({arch: Arch}),
  tools: [unxz, unshare, tar],
  userTools: [newuidmap],
  async run(context) {
    const {inputs, options, output, scratch, epoch, tool} = context
    const tars = await unpackDebs(inputs.archives, context)
    const packages: DebianPackage[] = []
    for (const item of tars) packages.push(await readDebianPackage(item))
    const layout = layOut(packages)
    await prepareWork(layout, scratch, epoch)
    const asOrdinaryUser = process.getuid?.() !== 0
    const script = fileURLToPath(new URL('./configure-root.sh', import.meta.url))
    const words = [script, scratch, output, String(epoch), storageFor(packages)]
    try {
      await tool(unshare, {asOrdinaryUser, command: ['/bin/sh', ...words]})
    } catch (error) {
      throw await explainRootFailure(error, {asOrdinaryUser, scratch, arch: options.arch, tool})
    }
  },
})

/** Writes what the script reads. */
async function prepareWork(layout: Layout, scratch: string, epoch: number): Promise<void> {
  const {tars, omit, records, foundation, unpackFirst, unpackThen} = layout
  await writeTree(join(scratch, 'records.tar'), records, {epoch})
  await writeFile(join(scratch, 'tars'), tars.map((path) => `${path}\0`).join(''))
  // dpkg-deb writes `./usr/bin/x`; other programs that make archives leave out the dot.
  await writeFile(join(scratch, 'omit'), omit.map((path) => `.${path}\n${path.slice(1)}\n`).join(''))
  await writeFile(join(scratch, 'foundation'), foundation.map((name) => `${name}\n`).join(''))
  const options = [
    ...excludedPaths.map((pattern) => `path-exclude=${pattern}\n`),
    ...includedPaths.map((pattern) => `path-include=${pattern}\n`),
    // What is unpacked here is thrown away when anything fails: nothing has to survive a power cut.
    'force-unsafe-io\n',
  ]
  await writeFile(join(scratch, 'dpkg.cfg'), options.join(''))
  for (const [directory, packages] of [
    ['first', unpackFirst],
    ['then', unpackThen],
  ] as const) {
    await mkdir(join(scratch, directory))
    for (const {name, tars: packed} of packages) writeDeb(join(scratch, directory, `${name}.deb`), packed)
  }
}

/** In memory when that leaves twice as much: dpkg waits for a disk after every package. */
function storageFor(packages: readonly DebianPackage[]): 'memory' | 'disk' {
  const files = packages.flatMap((item) => item.files)
  const sizeBytes = files.reduce((sum, {content}) => sum + contentSize(content), 0)
  return process.availableMemory() > 3 * sizeBytes ? 'memory' : 'disk'
}
