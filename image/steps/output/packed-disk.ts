import {constants} from 'node:fs'
import {copyFile, link, mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import * as z from 'zod'
import {defineStep} from '#engine'
import {gzip, sparseTar} from '#tools'

/** Packs a disk under the file name that a cloud requires, with the small files that the cloud requires. */
export const packedDisk = defineStep({
  kind: 'packed-disk',
  revision: 2,
  summary: 'packs the disk',
  inputs: {disk: 'file'},
  output: 'file',
  options: z.strictObject({
    /** File name of the disk in the archive. */
    diskName: z.string(),
    texts: z.record(z.string(), z.string()).default({}),
  }),
  tools: [sparseTar, gzip],
  async run({inputs, options: {diskName, texts}, output, scratch, epoch, tool}) {
    const directory = join(scratch, 'packed')
    await mkdir(directory)
    const place = join(directory, diskName)
    await link(inputs.disk, place).catch(() => copyFile(inputs.disk, place, constants.COPYFILE_FICLONE))
    for (const [name, text] of Object.entries(texts)) await writeFile(join(directory, name), text)
    const archive = join(scratch, 'packed.tar')
    await tool(sparseTar, {output: archive, directory, names: [...Object.keys(texts), diskName], epoch})
    await tool(gzip, {level: 6}, {stdin: archive, stdout: output})
  },
})
