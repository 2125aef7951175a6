import {mkdirSync, readdirSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {$} from 'zx'
import type {DirectKernel} from '../machine/machine-options.ts'

export interface StockDebian {
  readonly direct: DirectKernel
  /** Raw disk with one file system. */
  readonly file: string
}

interface StockOptions {
  /** Directory for the tree and the disk. */
  readonly scratch: string
  /** Words to append to the kernel's command line. */
  readonly cmdline: string
  /** Files to add, by path. Scripts may be executed. */
  readonly files?: Readonly<Record<string, string>>
  /** systemd units to enable, by name. */
  readonly units?: readonly string[]
}

/**
 * Makes a disk with Debian's own tools: standard packages, kernel, systemd, one ext4 file system. Root logs in without a
 * password. Needs root.
 */
export function makeStockDebian({scratch, cmdline, files = {}, units = []}: StockOptions): StockDebian {
  const tree = join(scratch, 'tree')
  const packages = 'linux-image-amd64,initramfs-tools,systemd-sysv,dbus,openssh-server'
  $.sync`mmdebstrap --quiet --mode=root --variant=important --include=${packages} trixie ${tree}`
  for (const [path, text] of Object.entries({...patience, ...files})) {
    mkdirSync(dirname(join(tree, path)), {recursive: true})
    writeFileSync(join(tree, path), text, {mode: text.startsWith('#!') ? 0o755 : 0o644})
  }
  $.sync`chroot ${tree} passwd --delete root`
  if (units.length > 0) $.sync`chroot ${tree} systemctl enable ${[...units]}`
  const file = join(scratch, 'stock.img')
  $.sync`mke2fs -q -t ext4 -d ${tree} ${file} 3G`
  const inBoot = (prefix: string) =>
    join(tree, 'boot', readdirSync(join(tree, 'boot')).find((name) => name.startsWith(prefix)) ?? '')
  const kernel = inBoot('vmlinuz-')
  return {file, direct: {kernel, initrd: inBoot('initrd.img-'), cmdline: `root=/dev/vda rw console=ttyS0 ${cmdline}`}}
}

/** On an emulated machine that is busy, udev takes longer to find the serial port than the 90 s after which no login would start there. */
const patience = {'etc/systemd/system.conf.d/patience.conf': '[Manager]\nDefaultDeviceTimeoutSec=30min\n'}
