import {type AnyTool, defineTool} from '#engine'
import {sourceTools} from '#sources'
import {allTools} from '#tools'
import {newuidmap} from '../sources/debian/tools.ts'

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

/** What a whole run of the tests needs of a machine: all that `doctor` lists but foreign machines, and the checkers. */
export const testTools: readonly AnyTool[] = [
  ...sourceTools,
  ...allTools.filter(({name}) => !['qemu-system-aarch64', 'qemu-system-arm', 'AAVMF', 'AAVMF32'].includes(name)),
  cpio,
  // Tests that become an ordinary user need it, also where root runs them.
  newuidmap,
  shellcheck,
]

/** What not every distribution has: the tests that need one skip without it. */
export const rareTools: readonly AnyTool[] = [packer]
