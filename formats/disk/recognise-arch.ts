import {open} from 'node:fs/promises'
import type {Arch} from '#dsl'
import {efiLoaderNames} from '#layout'

/** UEFI's loader as ISO 9660 and as FAT write its name. */
const namesOf = (arch: Arch): readonly string[] => {
  const name = efiLoaderNames[arch]
  return [name, `${name.replace('.EFI', '').padEnd(8)}EFI`]
}

/** Bytes to search from both ends: the partition with the loader is at the end of an ISO, and at the beginning of a disk. */
const searchedBytes = 64 * 2 ** 20
const chunkBytes = 2 ** 20

/** The architecture of an ISO or a disk, by its UEFI loader; undefined if there is none, or loaders for several. */
export async function recogniseArch(path: string): Promise<Arch | undefined> {
  await using file = await open(path)
  const {size} = await file.stat()
  const found = new Set<Arch>()
  for (let position = 0; position < size; position += chunkBytes) {
    if (position >= searchedBytes && position + chunkBytes < size - searchedBytes) continue
    // FAT's entries and ISO 9660's records cross no sector, so no name lies in two chunks.
    const {bytesRead, buffer} = await file.read(Buffer.alloc(chunkBytes), 0, chunkBytes, position)
    const chunk = buffer.subarray(0, bytesRead)
    for (const arch of ['amd64', 'arm64', 'arm'] as const)
      if (namesOf(arch).some((name) => chunk.includes(name, 0, 'latin1'))) found.add(arch)
  }
  const [arch, ...others] = found
  return others.length === 0 ? arch : undefined
}
