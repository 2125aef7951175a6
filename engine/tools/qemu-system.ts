import {defineTool, type Tool} from '#engine'

/** The command line is made by `machine/qemu-arguments.ts`, which knows the options of a machine. */
export interface QemuOptions {
  readonly args: readonly string[]
}

const qemu = (name: string, packageName: string, arch: string): Tool<QemuOptions> =>
  defineTool<QemuOptions>({
    name,
    purpose: `boot a virtual machine of ${arch}`,
    // Earlier versions have neither JSON syntax for devices nor PNG screenshots; Debian 12 has 7.2.
    minVersion: '7.1',
    package: packageName,
    optional: true,
    args: ({args}) => args,
  })

/** The machine emulator, by the architecture of the machine. */
export const qemuSystem = {
  amd64: qemu('qemu-system-x86_64', 'qemu-system-x86', 'amd64'),
  arm64: qemu('qemu-system-aarch64', 'qemu-system-arm', 'arm64'),
  arm: qemu('qemu-system-arm', 'qemu-system-arm', 'arm'),
} as const
