import type {Identity} from '#dsl'
import type {Ref} from '#engine'
import {diskBootPaths} from '#layout'
import type {DiskLoaders} from './boot-loader.ts'

/** Paths of the loaders in the system, where the installer finds them. */
export function loaderFiles({bios, efi}: DiskLoaders, identity: Identity): {path: string; file: Ref<'file'>}[] {
  const paths = diskBootPaths(identity)
  return [
    ...(bios
      ? [
          {path: paths.bootImage, file: bios.bootImage},
          {path: paths.coreImage, file: bios.coreImage},
        ]
      : []),
    {path: `${paths.efiDirectory}/${efi.fileName}`, file: efi.file},
  ]
}
