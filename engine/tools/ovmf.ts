import {defineTool} from './tool.ts'

/** UEFI firmware of virtual machines. No program: `engine/machine/firmware.ts` finds its files. */
export const ovmf = defineTool<null>({
  name: 'OVMF',
  purpose: 'boot a virtual machine of amd64 by UEFI',
  package: 'ovmf',
  optional: true,
  // Debian's first, then those of other distributions.
  files: [
    '/usr/share/OVMF/OVMF_CODE_4M.fd',
    '/usr/share/OVMF/OVMF_CODE.fd',
    '/usr/share/edk2/ovmf/OVMF_CODE.fd',
    '/usr/share/edk2/x64/OVMF_CODE.4m.fd',
  ],
  args: () => [],
})
