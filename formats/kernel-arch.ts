import type {Arch} from '#dsl'

/**
 * The architecture of a bootable kernel, by its first bytes; undefined for any other file.
 *
 * Kernel documentation: `arch/x86/boot.rst` (HdrS), `arch/arm64/booting.rst` (ARM\x64), and `arch/arm/boot/compressed/head.S`.
 */
export function kernelArch(start: Uint8Array): Arch | undefined {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength)
  const found = magics.find(({offset, magic}) => start.length >= offset + 4 && view.getUint32(offset, true) === magic)
  return found?.arch
}

/** Bytes of a kernel that `kernelArch` needs. */
export const kernelStartBytes = 0x206

const magics: readonly {readonly arch: Arch; readonly offset: number; readonly magic: number}[] = [
  {arch: 'amd64', offset: 0x202, magic: 0x53726448},
  {arch: 'arm64', offset: 0x38, magic: 0x644d5241},
  {arch: 'arm', offset: 0x24, magic: 0x016f2818},
]
