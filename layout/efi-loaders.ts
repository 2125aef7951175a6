import type {Arch} from '#dsl'

/** File names below `EFI/BOOT` under which UEFI looks for the loader of a medium (UEFI specification, 3.5.1.1). */
export const efiLoaderNames = {
  amd64: 'BOOTX64.EFI',
  arm64: 'BOOTAA64.EFI',
  arm: 'BOOTARM.EFI',
} as const satisfies Record<Arch, string>

/** The architecture of a medium, by the names in its `EFI/BOOT`; undefined if they are for none or several. */
export function archOfLoaders(names: readonly string[]): Arch | undefined {
  const upper = new Set(names.map((name) => name.toUpperCase()))
  const [arch, ...others] = (['amd64', 'arm64', 'arm'] as const).filter((key) => upper.has(efiLoaderNames[key]))
  return others.length === 0 ? arch : undefined
}
