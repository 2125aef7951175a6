import {copyFile, link, mkdir, open, readFile, symlink, truncate, utimes, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import * as z from 'zod'
import {HaosError, parentsOf} from '#dsl'
import {copySparse, defineStep, uuidOf} from '#engine'

import {renderInodeRequests} from '#formats'
import {efiLabel, grubCore, layOutDisk, partitionOf, renderSfdiskScript, withGrubBootCode} from '#layout'
import {changeInodes, makeExt4, mcopy, mkfsFat, mmd, sfdisk} from '#tools'

const path = z.string().regex(/^(?:[^/\0"\n]+\/)*[^/\0"\n]+$/, 'must be a relative path')

/**
 * Makes a disk with the installed system, as a sparse file: partitioned and filled as by the installer, without a loop device
 * and without root.
 */
export const diskImage = defineStep({
  kind: 'disk-image',
  revision: 2,
  summary: 'makes the disk',
  inputs: {files: ['file'], efiLoader: 'file', bios: ['file']},
  output: 'file',
  options: z.strictObject({
    sizeBytes: z.int(),
    product: z.strictObject({name: z.string(), stateLabel: z.string()}),
    /** Name of the UEFI loader below `EFI/BOOT`. */
    loaderName: z.string(),
    /** Paths of the input files on the state partition, in their order. */
    paths: z.array(path),
    texts: z.record(path, z.string()),
    links: z.record(path, z.string()),
    /** Permissions of files other than 0644. */
    modes: z.record(path, z.string().regex(/^0[0-7]{3}$/)),
  }),
  tools: [changeInodes, makeExt4, mcopy, mkfsFat, mmd, sfdisk],
  async run({inputs, options, output, scratch, epoch, tool}) {
    const layout = layOutDisk({identity: options.product, sizeBytes: options.sizeBytes})
    const ids = (number: number) => uuidOf({...options, epoch, number})
    await writeFile(output, '')
    await truncate(output, options.sizeBytes)
    const script = join(scratch, 'partitions')
    await writeFile(script, renderSfdiskScript(layout, {disk: ids(0), partition: (number) => ids(number)}))
    await tool(sfdisk, {image: output}, {stdin: script})

    const state = partitionOf(layout, 'state')
    const directory = join(scratch, 'state')
    await fillDirectory(directory, inputs.files, options)
    await tool(makeExt4, {
      image: output,
      startBytes: state.startBytes,
      sizeBytes: state.sizeBytes,
      label: state.label,
      uuid: ids(0x100),
      directory,
    })
    const requests = join(scratch, 'inodes')
    await writeFile(requests, renderRequests(options, epoch))
    const printed = await tool(changeInodes, {image: output, startBytes: state.startBytes, requests})
    // debugfs exits with status 0 even after errors.
    const complaint = printed.split('\n').find((line) => /not found|Unknown|Invalid|error/i.test(line))
    if (complaint !== undefined) {
      throw new HaosError('TOOL_FAILED', `debugfs could not set owners and times: ${complaint}`, {
        hint: 'This is a bug in haos-build: report it with the version of e2fsprogs.',
      })
    }

    const efi = partitionOf(layout, 'efi')
    const partition = join(scratch, 'efi')
    await tool(mkfsFat, {
      image: partition,
      sizeKib: efi.sizeBytes / 1024,
      label: efiLabel(options.product),
      serial: ids(0x101).slice(0, 8),
      fatBits: 32,
    })
    await tool(mmd, {image: partition, directories: ['EFI', 'EFI/BOOT']})
    const loader = join(scratch, options.loaderName)
    await copyFile(inputs.efiLoader, loader)
    // mcopy -m keeps the file's timestamp; FAT timestamps start in 1980.
    const time = Math.max(epoch, 315_619_200)
    await utimes(loader, time, time)
    await tool(mcopy, {image: partition, from: loader, to: `EFI/BOOT/${options.loaderName}`})
    await copySparse(partition, output, efi.startBytes)

    const [bootImage, coreImage] = inputs.bios
    if (bootImage === undefined || coreImage === undefined) return
    const core = grubCore.placedAt(await readFile(coreImage), layout.coreStartBytes, options.product.name)
    if (core.length > layout.coreMaxBytes) {
      throw new HaosError(
        'PACKAGE_INVALID',
        `the boot loader is ${core.length} bytes, but a disk has space for only ${layout.coreMaxBytes}`,
        {
          hint: 'This is a bug in haos-build: report it with the suite and the architecture.',
        },
      )
    }
    await using file = await open(output, 'r+')
    await file.write(core, 0, core.length, layout.coreStartBytes)
    const sector = new Uint8Array(512)
    await file.read(sector, 0, sector.length, 0)
    await file.write(withGrubBootCode(sector, await readFile(bootImage), layout.coreStartBytes), 0, sector.length, 0)
  },
})

interface DiskFiles {
  readonly paths: readonly string[]
  readonly texts: Readonly<Record<string, string>>
  readonly links: Readonly<Record<string, string>>
  readonly modes: Readonly<Record<string, string>>
}

/**
 * Arranges the files as on the partition. Owners, times and permissions are set in the partition, which needs no root.
 */
async function fillDirectory(
  directory: string,
  files: readonly string[],
  {paths, texts, links}: DiskFiles,
): Promise<void> {
  const at = async (path: string) => {
    const place = join(directory, path)
    await mkdir(dirname(place), {recursive: true})
    return place
  }
  for (const [index, path] of paths.entries()) {
    const from = files[index] ?? ''
    const place = await at(path)
    await link(from, place).catch(() => copyFile(from, place))
  }
  for (const [path, text] of Object.entries(texts)) await writeFile(await at(path), text)
  for (const [path, target] of Object.entries(links)) await symlink(target, await at(path))
}

/** Requests for debugfs that remove every trace of the build machine from the inodes. */
function renderRequests({paths, texts, links, modes}: DiskFiles, epoch: number): string {
  const files = [...paths, ...Object.keys(texts)]
  const directories = new Set([...files, ...Object.keys(links)].flatMap((path) => parentsOf(`/${path}`)))
  const inodes = [
    {path: '', mode: 0o40755},
    ...[...directories].map((path) => ({path: path.slice(1), mode: 0o40755})),
    ...files.map((path) => ({path, mode: 0o100000 | Number.parseInt(modes[path] ?? '0644', 8)})),
    ...Object.keys(links).map((path) => ({path, mode: 0o120777})),
  ]
  return renderInodeRequests(inodes, epoch)
}
