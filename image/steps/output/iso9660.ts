import {mkdir, symlink, truncate, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import * as z from 'zod'
import {HaosError} from '#dsl'
import {defineStep, digestOf} from '#engine'
import {readContent, readTree} from '#formats'
import {xorriso} from '#tools'

const isoPath = z.string().regex(/^(?:[A-Za-z0-9._+~@-]+\/)*[A-Za-z0-9._+~@-]+$/, 'must be a relative path')

/** Writes the ISO: hybrid, so that one file boots from a CD and from a USB stick, under BIOS and UEFI. */
export const iso9660 = defineStep({
  kind: 'iso9660',
  revision: 3,
  summary: 'writes the ISO',
  inputs: {files: ['file'], efiPartition: 'file', biosImage: ['file'], grub: 'tree'},
  output: 'file',
  options: z.strictObject({
    volume: z.string().regex(/^[A-Z0-9_]{1,32}$/, 'must be 1 to 32 of A-Z, 0-9 and _'),
    /** Paths of the input files in the ISO, in their order. */
    paths: z.array(isoPath),
    /** Small files by path in the ISO. */
    texts: z.record(isoPath, z.string()).default({}),
    /** Files of a fixed size in bytes by path in the ISO: a text, padded with zeros. */
    areas: z.record(isoPath, z.strictObject({text: z.string(), sizeBytes: z.int()})).default({}),
    /** Symbolic links by path in the ISO. */
    links: z.record(isoPath, z.string()).default({}),
    /** Permissions by path in the ISO, for files other than 0644. */
    modes: z.record(isoPath, z.string().regex(/^0[0-7]{3}$/, 'must be octal such as "0755"')).default({}),
  }),
  tools: [xorriso],
  async run({inputs, options: {volume, paths, texts, areas, links, modes}, output, scratch, epoch, tool}) {
    const directory = join(scratch, 'iso')
    await mkdir(directory)
    const at = async (path: string) => {
      await mkdir(dirname(join(directory, path)), {recursive: true})
      return join(directory, path)
    }
    for (const [path, text] of Object.entries(texts)) await writeFile(await at(path), text)
    for (const [path, {text, sizeBytes}] of Object.entries(areas)) {
      await writeFile(await at(path), text)
      await truncate(await at(path), sizeBytes)
    }
    for (const [path, target] of Object.entries(links)) await symlink(target, await at(path))
    const grafts = inputs.files.map((file, index) => `${paths[index]}=${file}`)
    const [bios] = inputs.biosImage
    let hybridMbr: string | undefined
    if (bios !== undefined) {
      grafts.push(`${BIOS_IMAGE}=${bios}`)
      hybridMbr = join(scratch, 'boot_hybrid.img')
      await writeFile(hybridMbr, await hybridBoot(inputs.grub))
    }
    const pathList = join(scratch, 'paths')
    await writeFile(pathList, `${grafts.join('\n')}\n`)
    await tool(xorriso, {
      output,
      volume,
      epoch,
      directory,
      pathList,
      modes,
      diskGuid: digestOf({volume, paths, epoch}).slice(0, 32),
      hybridMbr,
      biosImage: bios === undefined ? undefined : BIOS_IMAGE,
      efiPartition: inputs.efiPartition,
    })
  },
})

const BIOS_IMAGE = 'boot/grub/eltorito.img'

/** GRUB's boot sector for USB sticks, which xorriso completes (GRUB manual, "Making a GRUB bootable CD-ROM"). */
async function hybridBoot(grub: string): Promise<Uint8Array> {
  for await (const {path, content} of readTree(grub)) {
    if (path === '/usr/lib/grub/i386-pc/boot_hybrid.img' && content) return readContent(content)
  }
  throw new HaosError('PACKAGE_INVALID', 'the boot loader packages have no boot_hybrid.img', {
    hint: 'This is a bug in haos-build: report it with the suite and the architecture.',
  })
}
