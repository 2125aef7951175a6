import {defineTool} from '#engine'

export interface GrubMkimageOptions {
  readonly format: 'i386-pc-eltorito' | 'i386-pc' | 'x86_64-efi' | 'arm64-efi' | 'arm-efi'
  /** Host directory with the modules of the image's own distribution. */
  readonly modulesDirectory: string
  /** Host path of the configuration that is built in. */
  readonly config: string
  /** Directory of GRUB's files on its root. */
  readonly prefix: string
  readonly modules: readonly string[]
  readonly output: string
}

/** Makes a GRUB core image (grub-mkimage(1)); the modules need not be of the host's version. */
export const grubMkimage = defineTool<GrubMkimageOptions>({
  name: 'grub-mkimage',
  purpose: 'make the boot loader',
  package: 'grub-common',
  args: ({format, modulesDirectory, config, prefix, modules, output}) => [
    '--format',
    format,
    '--directory',
    modulesDirectory,
    '--config',
    config,
    '--prefix',
    prefix,
    '--output',
    output,
    ...modules,
  ],
})
