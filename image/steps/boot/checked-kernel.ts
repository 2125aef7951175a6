import {gunzipSync} from 'node:zlib'
import * as z from 'zod'
import {Arch, HaosError} from '#dsl'
import {defineStep} from '#engine'
import {kernelArch, readContent, readTree, type TreeEntry, writeTree} from '#formats'

/** Ten times the kernel of a distribution. */
const maxKernelBytes = 512 * 1024 ** 2

/** Unites the files of a kernel with those of firmware packages. Refuses a kernel that the image could not boot. */
export const checkedKernel = defineStep({
  kind: 'checked-kernel',
  revision: 1,
  summary: "checks a kernel's release, modules and architecture",
  inputs: {kernel: 'tree', firmware: ['tree']},
  output: 'tree',
  options: z.strictObject({kernelVersion: z.string(), arch: Arch}),
  tools: [],
  async run({inputs, options: {kernelVersion, arch}, output, epoch}) {
    const entries = new Map<string, TreeEntry>()
    const releases = new Set<string>()
    const withModules = new Set<string>()
    for await (const entry of readTree(inputs.kernel)) {
      entries.set(entry.path, entry)
      const release = /^\/boot\/vmlinuz-([^/]+)$/.exec(entry.path)?.[1]
      if (release !== undefined) releases.add(release)
      const owner = /^(?:\/usr)?\/lib\/modules\/([^/]+)\/.+\.ko(?:\.\w+)?$/.exec(entry.path)?.[1]
      if (owner !== undefined) withModules.add(owner)
    }
    const kernel = entries.get(`/boot/vmlinuz-${kernelVersion}`)
    if (kernel?.content === undefined) throw unfit(`contain no kernel ${kernelVersion}`, releases)
    if (!withModules.has(kernelVersion)) throw unfit(`contain no modules for ${kernelVersion}`, withModules)
    const image = plainKernel(await readContent(kernel.content))
    const found = kernelArch(image)
    if (found !== arch)
      throw new HaosError('PACKAGE_INVALID', `the kernel ${kernelVersion} is not one for ${arch}`, {
        at: 'kernel.from',
        hint:
          found === undefined
            ? 'Give a kernel that boot loaders start: a bzImage, an Image or a zImage.'
            : `It is one for ${found}. \`defineImage\` gives \`arch\` to the recipe: choose the files by it.`,
      })
    entries.set(kernel.path, {...kernel, content: {bytes: image}})
    for (const tree of inputs.firmware) for await (const entry of readTree(tree)) entries.set(entry.path, entry)
    await writeTree(output, entries.values(), {epoch})
  },
})

/** Kernels for arm64 are often compressed as a whole, and not every boot loader decompresses them. */
function plainKernel(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    return gunzipSync(bytes, {maxOutputLength: maxKernelBytes})
  } catch {
    return bytes
  }
}

const unfit = (problem: string, others: ReadonlySet<string>): HaosError =>
  new HaosError('PACKAGE_INVALID', `the files of the kernel ${problem}`, {
    at: 'kernel.from',
    hint:
      others.size === 0
        ? 'Give all packages of the kernel: that of its image, and that of its modules if there is one.'
        : `They contain those of ${[...others].sort().join(', ')}: correct \`version\`.`,
  })
