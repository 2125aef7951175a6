import type {Arch} from '#dsl'
import {defineTool} from '#engine'

/** UEFI firmware: read-only code, and the template for each machine's own copy of the variables. */
export interface UefiFirmware {
  readonly code: string
  readonly variables: string
}

/** Where the distributions keep EDK II builds, Debian's packages first. */
export const uefiBuilds: Readonly<Record<Arch, {readonly package: string; readonly files: readonly UefiFirmware[]}>> = {
  amd64: {
    package: 'ovmf',
    files: [
      {code: '/usr/share/OVMF/OVMF_CODE_4M.fd', variables: '/usr/share/OVMF/OVMF_VARS_4M.fd'},
      {code: '/usr/share/OVMF/OVMF_CODE.fd', variables: '/usr/share/OVMF/OVMF_VARS.fd'},
      {code: '/usr/share/edk2/ovmf/OVMF_CODE.fd', variables: '/usr/share/edk2/ovmf/OVMF_VARS.fd'},
      {code: '/usr/share/edk2/x64/OVMF_CODE.4m.fd', variables: '/usr/share/edk2/x64/OVMF_VARS.4m.fd'},
    ],
  },
  arm64: {
    package: 'qemu-efi-aarch64',
    files: [
      {code: '/usr/share/AAVMF/AAVMF_CODE.no-secboot.fd', variables: '/usr/share/AAVMF/AAVMF_VARS.fd'},
      {code: '/usr/share/AAVMF/AAVMF_CODE.fd', variables: '/usr/share/AAVMF/AAVMF_VARS.fd'},
      {
        code: '/usr/share/edk2/aarch64/QEMU_EFI-pflash.raw',
        variables: '/usr/share/edk2/aarch64/vars-template-pflash.raw',
      },
    ],
  },
  arm: {
    package: 'qemu-efi-arm',
    files: [
      {code: '/usr/share/AAVMF/AAVMF32_CODE.fd', variables: '/usr/share/AAVMF/AAVMF32_VARS.fd'},
      {code: '/usr/share/edk2/arm/QEMU_EFI-pflash.raw', variables: '/usr/share/edk2/arm/vars-template-pflash.raw'},
    ],
  },
}

const firmware = (name: string, arch: Arch) =>
  defineTool<null>({
    name,
    purpose: `boot a virtual machine of ${arch} by UEFI`,
    package: uefiBuilds[arch].package,
    optional: true,
    files: uefiBuilds[arch].files.map(({code}) => code),
    args: () => [],
  })

/** UEFI firmware of virtual machines as tools, by their architecture. They are files for a machine, not programs. */
export const uefiFirmware = {
  amd64: firmware('OVMF', 'amd64'),
  arm64: firmware('AAVMF', 'arm64'),
  arm: firmware('AAVMF32', 'arm'),
} as const
