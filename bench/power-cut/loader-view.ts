import {execFileSync} from 'node:child_process'
import {createHash} from 'node:crypto'

const MiB = 2 ** 20
/** Where the partitions begin that the installer makes on a GPT. */
const starts = {efi: 2 * MiB, state: 66 * MiB}

/**
 * What the loaders of an installed disk would read, as digests: the UEFI loader, the menu, and the kernel and the initrd that `current` leads to.
 *
 * As GRUB does, debugfs(8) reads ext4 without its journal; `-n` ignores checksums and `-c` bitmaps, which GRUB does not know.
 */
export function loaderView(disk: string): string {
  const onState = (path: string) =>
    digestOf('debugfs', ['-n', '-c', '-R', `cat ${path}`, `${disk}?offset=${starts.state}`])
  const views = {
    loader: digestOf('mtype', ['-i', `${disk}@@${starts.efi}`, '::EFI/BOOT/BOOTX64.EFI']),
    menu: onState('/boot/grub/grub.cfg'),
    kernel: onState('/haos/system/kernel/current/vmlinuz'),
    initrd: onState('/haos/system/kernel/current/initrd'),
  }
  return Object.entries(views)
    .map(([name, digest]) => `${name} ${digest}`)
    .join(', ')
}

/** Of what a program prints; `nothing` where it fails or prints nothing. */
function digestOf(program: string, args: readonly string[]): string {
  try {
    const output = execFileSync(program, args, {maxBuffer: 1024 * MiB, stdio: ['ignore', 'pipe', 'ignore']})
    return output.length === 0 ? 'nothing' : createHash('sha256').update(output).digest('hex').slice(0, 12)
  } catch {
    return 'nothing'
  }
}
