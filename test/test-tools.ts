import {type AnyTool, defineTool} from '#engine'
import {sourceTools} from '#sources'
import {allTools, newuidmap, qemuSystem, uefiFirmware} from '#tools'

/** Looks for mistakes in shell scripts. */
export const shellcheck = defineTool<{readonly scripts: readonly string[]}>({
  name: 'shellcheck',
  purpose: 'check the shell scripts',
  package: 'shellcheck',
  optional: true,
  args: ({scripts}) => scripts,
})

/** Reads archives of the kernel's initramfs format. */
export const cpio = defineTool<{readonly args: readonly string[]}>({
  name: 'cpio',
  purpose: 'check the initrds',
  package: 'cpio',
  optional: true,
  args: ({args}) => args,
})

/** Checks templates that make images in clouds. */
export const packer = defineTool<{readonly args: readonly string[]}>({
  name: 'packer',
  purpose: 'check the templates for clouds',
  package: 'packer',
  optional: true,
  args: ({args}) => args,
})

/** Machines of other processors, which only the matrix boots. */
const foreignMachines: readonly AnyTool[] = [qemuSystem.arm64, qemuSystem.arm, uefiFirmware.arm64, uefiFirmware.arm]

/** What a whole run of the tests needs of a machine: all that `doctor` lists but foreign machines, and the checkers. */
export const testTools: readonly AnyTool[] = [
  ...sourceTools,
  ...allTools.filter((tool) => !foreignMachines.includes(tool)),
  cpio,
  // Tests that become an ordinary user need it, also where root runs them.
  newuidmap,
  shellcheck,
]

/** What not every distribution has: the tests that need one skip without it. */
export const rareTools: readonly AnyTool[] = [packer]

const program = (name: string, packageName: string, purpose: string): AnyTool =>
  defineTool<never>({name, purpose, package: packageName, optional: true, args: () => []})

const grubModules = (machine: string, packageName: string): AnyTool =>
  defineTool<never>({
    name: `GRUB for ${machine}`,
    purpose: 'make an ISO as others do',
    package: packageName,
    optional: true,
    files: [`/usr/lib/grub/${machine}/modinfo.sh`],
    args: () => [],
  })

/** `grub-mkrescue`, which makes an ISO that boots nowhere without the modules. */
export const mkrescueTools: readonly AnyTool[] = [
  program('grub-mkrescue', 'grub-common', 'make an ISO as others do'),
  grubModules('i386-pc', 'grub-pc-bin'),
  grubModules('x86_64-efi', 'grub-efi-amd64-bin'),
]

/** Makes a Debian that is not this project's. */
export const mmdebstrap = program('mmdebstrap', 'mmdebstrap', 'make a Debian as others do')

/** What the matrix needs beside that. */
export const matrixTools: readonly AnyTool[] = [
  ...testTools,
  ...foreignMachines,
  ...mkrescueTools,
  mmdebstrap,
  program('qemu-aarch64-static', 'qemu-user-static', 'run programs of other processors'),
  program('update-binfmts', 'binfmt-support', 'run programs of other processors'),
]
