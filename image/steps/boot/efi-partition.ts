import {copyFile, stat, utimes} from 'node:fs/promises'
import {join} from 'node:path'
import * as z from 'zod'
import {defineStep} from '#engine'
import {mcopy, mkfsFat, mmd} from '#tools'

/** Makes the EFI system partition: a FAT image with the boot loader at the path where firmware looks for it. */
export const efiPartition = defineStep({
  kind: 'efi-partition',
  revision: 1,
  summary: 'makes the EFI system partition',
  inputs: {loader: 'file'},
  output: 'file',
  options: z.strictObject({
    /** File name below `EFI/BOOT`, such as `BOOTX64.EFI` (UEFI specification, 3.5.1.1). */
    fileName: z.string(),
    label: z.string().max(11),
    serial: z.string().regex(/^[0-9a-f]{8}$/),
  }),
  tools: [mkfsFat, mmd, mcopy],
  async run({inputs, options: {fileName, label, serial}, output, scratch, epoch, tool}) {
    const loader = join(scratch, fileName)
    await copyFile(inputs.loader, loader)
    // mcopy -m keeps the file's timestamp; FAT timestamps start in 1980.
    const time = Math.max(epoch, 315_619_200)
    await utimes(loader, time, time)
    const {size} = await stat(loader)
    // One MiB of space for the file system itself, rounded up to 64 KiB; FAT12 ends below 16 MiB at this cluster size.
    const sizeKib = Math.ceil((size / 1024 + 1024) / 64) * 64
    await tool(mkfsFat, {image: output, sizeKib, label, serial, fatBits: 12})
    await tool(mmd, {image: output, directories: ['EFI', 'EFI/BOOT']})
    await tool(mcopy, {image: output, from: loader, to: `EFI/BOOT/${fileName}`})
  },
})
