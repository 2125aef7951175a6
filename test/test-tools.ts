import {type AnyTool, defineTool} from '#engine'
import {sourceTools} from '#sources'
import {allTools, newuidmap, qemuSystem, uefiFirmware} from '#tools'

/** Finds mistakes in shell scripts. */
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

/** Emulators of other architectures, which only the matrix uses. */
const foreignMachines: readonly AnyTool[] = [qemuSystem.arm64, qemuSystem.arm, uefiFirmware.arm64, uefiFirmware.arm]

/** The tools for a complete test run: all that `doctor` lists except foreign emulators, and the checkers. */
export const testTools: readonly AnyTool[] = [
  ...sourceTools,
  ...allTools.filter((tool) => !foreignMachines.includes(tool)),
  cpio,
  // Tests that run as an ordinary user need it, even if root starts them.
  newuidmap,
  shellcheck,
]

/** Tools that not every distribution has: tests that need one are skipped without it. */
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

/** `grub-mkrescue`, which needs the modules to make a bootable ISO. */
export const mkrescueTools: readonly AnyTool[] = [
  program('grub-mkrescue', 'grub-common', 'make an ISO as others do'),
  grubModules('i386-pc', 'grub-pc-bin'),
  grubModules('x86_64-efi', 'grub-efi-amd64-bin'),
]

/** Makes a Debian independently of this project. */
export const mmdebstrap = program('mmdebstrap', 'mmdebstrap', 'make a Debian as others do')

/** Additional tools of the matrix. */
export const matrixTools: readonly AnyTool[] = [
  ...testTools,
  ...foreignMachines,
  ...mkrescueTools,
  mmdebstrap,
  program('qemu-aarch64-static', 'qemu-user-static', 'run programs of other processors'),
  program('update-binfmts', 'binfmt-support', 'run programs of other processors'),
]
