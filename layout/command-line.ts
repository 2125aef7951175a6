import type {Arch} from '#dsl'

/**
 * The longest command line that a kernel accepts, in bytes, without the terminating zero (COMMAND_LINE_SIZE in the
 * kernel's arch/ARCH/include/uapi/asm/setup.h). The boot loader or the kernel silently truncates a longer one.
 */
export const commandLineLimit: Readonly<Record<Arch, number>> = {amd64: 2047, arm64: 2047, arm: 1023}

/** Size of a text in bytes of UTF-8, which is what kernels count. */
export const commandLineBytes = (text: string): number =>
  [...text].reduce((sum, letter) => {
    const code = letter.codePointAt(0) ?? 0
    return sum + (code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4)
  }, 0)

/** Words as one line: those with spaces in double quotes, as GRUB passes them on. */
export const renderKernelArguments = (words: readonly string[]): string =>
  words.map((word) => (/\s/.test(word) ? `"${word}"` : word)).join(' ')

/**
 * The command line that GRUB passes to a kernel: the kernel's own path precedes the words (grub-core/lib/cmdline.c).
 *
 * Variables of our menus have their maximum length; those of other menus, which are empty unless the user sets them,
 * count as empty.
 */
export function grubCommandLine(kernel: string, words: readonly string[]): string {
  const line = renderKernelArguments([`BOOT_IMAGE=${kernel}`, ...words])
  return line.replaceAll(/\$\{?(\w+)\}?/g, (_, name: string) => variables[name] ?? '')
}

const variables: Readonly<Record<string, string>> = {
  uuid: '00000000-0000-0000-0000-000000000000',
  kernel: 'previous',
}

/** The command line of a kernel that our iPXE script starts: under UEFI its name precedes the words. */
export const ipxeCommandLine = (words: readonly string[]): string =>
  renderKernelArguments(['vmlinuz', 'initrd=initrd', ...words])
