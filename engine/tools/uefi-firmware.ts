import {defineTool} from './tool.ts'

const firmware = (name: string, packageName: string, arch: string, files: readonly string[]) =>
  defineTool<null>({
    name,
    purpose: `boot a virtual machine of ${arch} by UEFI`,
    package: packageName,
    optional: true,
    files,
    args: () => [],
  })

/**
 * UEFI firmware of virtual machines, by their architecture. No programs: `engine/machine/firmware.ts` finds the files.
 *
 * Debian's first, then those of other distributions.
 */
export const uefiFirmware = {
  amd64: firmware('OVMF', 'ovmf', 'amd64', [
    '/usr/share/OVMF/OVMF_CODE_4M.fd',
    '/usr/share/OVMF/OVMF_CODE.fd',
    '/usr/share/edk2/ovmf/OVMF_CODE.fd',
    '/usr/share/edk2/x64/OVMF_CODE.4m.fd',
  ]),
  arm64: firmware('AAVMF', 'qemu-efi-aarch64', 'arm64', [
    '/usr/share/AAVMF/AAVMF_CODE.no-secboot.fd',
    '/usr/share/AAVMF/AAVMF_CODE.fd',
    '/usr/share/edk2/aarch64/QEMU_EFI-pflash.raw',
  ]),
  arm: firmware('AAVMF32', 'qemu-efi-arm', 'arm', [
    '/usr/share/AAVMF/AAVMF32_CODE.fd',
    '/usr/share/edk2/arm/QEMU_EFI-pflash.raw',
  ]),
} as const
