import {access} from 'node:fs/promises'
import {HaosError} from '#dsl'
import type {MachineArch} from './machine-options.ts'

/** UEFI firmware: code that is only read, and the template of the variables that a machine gets its own copy of. */
export interface UefiFirmware {
  readonly code: string
  readonly variables: string
}

/** Where the distributions keep EDK II builds, Debian's packages first. */
const builds: Readonly<Record<MachineArch, {readonly package: string; readonly files: readonly UefiFirmware[]}>> = {
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

/** Finds the UEFI firmware for an architecture. Fails with TOOL_MISSING and the package that brings it. */
export async function findUefiFirmware(arch: MachineArch, candidates = builds[arch].files): Promise<UefiFirmware> {
  for (const firmware of candidates) {
    try {
      await Promise.all([access(firmware.code), access(firmware.variables)])
      return firmware
    } catch {}
  }
  throw new HaosError('TOOL_MISSING', `UEFI firmware for ${arch} is needed to boot a machine, and is not installed`, {
    hint: `Install the package ${builds[arch].package}. \`haos-build doctor\` lists every tool that is used.`,
  })
}
