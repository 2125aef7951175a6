import {mkdir, writeFile} from 'node:fs/promises'
import {basename, join} from 'node:path'
import * as z from 'zod'
import {HaosError} from '#dsl'
import {defineStep} from '#engine'
import {readContent, readTree} from '#formats'
import {grubMkimage} from '#tools'

/** Makes a GRUB core image from modules of the image's own distribution. */
export const grubImage = defineStep({
  kind: 'grub-image',
  revision: 1,
  summary: 'makes the boot loader',
  inputs: {grub: 'tree'},
  output: 'file',
  options: z.strictObject({
    format: z.enum(['i386-pc-eltorito', 'i386-pc', 'x86_64-efi', 'arm64-efi', 'arm-efi']),
    /** Configuration that is built in: finds the medium and continues with its grub.cfg. */
    config: z.string(),
    prefix: z.string().default('/boot/grub'),
    modules: z.array(z.string()),
  }),
  tools: [grubMkimage],
  async run({inputs, options, output, scratch, tool}) {
    const modulesDirectory = join(scratch, 'grub')
    await mkdir(modulesDirectory)
    const from = `/usr/lib/grub/${grubPlatform(options.format)}/`
    let found = 0
    for await (const {path, content} of readTree(inputs.grub)) {
      if (!path.startsWith(from) || content === undefined) continue
      await writeFile(join(modulesDirectory, basename(path)), await readContent(content))
      found += 1
    }
    if (found === 0) {
      throw new HaosError(
        'PACKAGE_INVALID',
        `the boot loader packages have no modules for ${grubPlatform(options.format)}`,
        {
          hint: 'This is a bug in haos-build: report it with the suite and the architecture.',
        },
      )
    }
    const config = join(scratch, 'grub.cfg')
    await writeFile(config, options.config)
    await tool(grubMkimage, {...options, modulesDirectory, config, output})
  },
})

/** The directory of a format's modules: El Torito only adds another header to the BIOS ones. */
export const grubPlatform = (format: string): string => format.replace(/-eltorito$/, '')
