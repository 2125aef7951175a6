import {chmodSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {$} from 'zx'
import type {DirectKernel} from '../../machine/machine-options.ts'

/** A disk with Debian, not made by this project. */
export interface DebianDisk {
  /** The disk: an msdos partition table, and one partition with ext4 and GRUB for BIOS. */
  readonly file: string
  /** Its kernel, for machines that boot without its GRUB. */
  readonly direct: DirectKernel
}

const MiB = 2 ** 20
const words = 'ro console=ttyS0 norandmaps no_timer_check'

/** Makes a Debian on a disk of whole MiB, with additional packages. Needs root, for loop devices. Its root has no password. */
export function makeDebianDisk(
  directory: string,
  {packages: more = [], sizeMiB = 6 * 1024}: {readonly packages?: readonly string[]; readonly sizeMiB?: number} = {},
): DebianDisk {
  const tree = join(directory, 'debian')
  const own = ['linux-image-amd64', 'initramfs-tools', 'systemd-sysv', 'udev', 'ifupdown', 'isc-dhcp-client', 'curl']
  const packages = [...own, 'grub-pc', ...more].join(',')
  $.sync`mmdebstrap --quiet --mode=root --variant=minbase --include=${packages} trixie ${tree}`
  $.sync`chroot ${tree} passwd --delete root`
  writeFileSync(join(tree, 'etc/hostname'), 'debian\n')
  writeFileSync(join(tree, 'etc/fstab'), '/dev/vda1 / ext4 defaults 0 1\n')
  writeFileSync(join(tree, 'etc/network/interfaces'), 'auto eth0\niface eth0 inet dhcp\n')
  writeFileSync(join(tree, 'opt/of-debian'), 'to be deleted\n')
  const name = (prefix: string) => readdirSync(join(tree, 'boot')).find((file) => file.startsWith(prefix)) ?? ''
  const [kernel, initrd] = [name('vmlinuz-'), name('initrd.img-')]
  mkdirSync(join(tree, 'boot/grub'), {recursive: true})
  writeFileSync(
    join(tree, 'boot/grub/grub.cfg'),
    `set timeout=0
menuentry Debian {
  linux /boot/${kernel} root=/dev/vda1 net.ifnames=0 ${words}
  initrd /boot/${initrd}
}
`,
  )
  const copies = {kernel: join(directory, kernel), initrd: join(directory, initrd)}
  $.sync({cwd: join(tree, 'boot')})`cp ${kernel} ${initrd} ${directory}`
  chmodSync(copies.kernel, 0o644)
  const file = join(directory, 'debian.img')
  writeFileSync(file, '')
  truncateSync(file, sizeMiB * MiB)
  $.sync({input: 'label: dos\nstart=2048, type=83, bootable\n'})`sfdisk --quiet ${file}`
  $.sync`mke2fs -q -t ext4 -E offset=${MiB} -d ${tree} ${file} ${sizeMiB - 1}M`
  rmSync(tree, {recursive: true})
  installGrub(file, join(directory, 'mounted'))
  return {file, direct: {...copies, cmdline: `root=/dev/vda1 net.ifnames=0 ${words}`}}
}

/** Installs GRUB with the disk's own Debian, because this machine may have none. */
function installGrub(file: string, at: string): void {
  const loop = $.sync`losetup --find --show ${file}`.text().trim()
  try {
    // Without --partscan, because the kernel may not support partition tables.
    $.sync`partx --add ${loop}`
    mkdirSync(at)
    $.sync`mount ${loop}p1 ${at}`
    try {
      for (const kind of ['dev', 'proc', 'sys']) $.sync`mount --bind /${kind} ${join(at, kind)}`
      $.sync`chroot ${at} grub-install --target=i386-pc --no-floppy ${loop}`
    } finally {
      $.sync`umount --recursive ${at}`
    }
  } finally {
    $.sync`partx --delete ${loop}`
    $.sync`losetup --detach ${loop}`
  }
}
