import {mkdirSync, symlinkSync, truncateSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {$} from 'zx'
import {areaPath, layOutArea, renderAreaHeader} from '../layout/reserved-area.ts'

const usualMenu = `set default=0
set timeout=5
menuentry "HAOS live" {
  linux /haos/system/kernel/current/vmlinuz console=tty1 haos.mode=live quiet
  initrd /haos/system/kernel/current/initrd
}
menuentry "HAOS rescue shell" {
  linux /haos/system/kernel/current/vmlinuz console=tty1 rescue
  initrd /haos/system/kernel/current/initrd
}
`

/** Makes an ISO with the layout of ours, with a placeholder of the given size for the system, and without boot loaders. */
export function makeSmallIso(
  directory: string,
  {systemBytes = 100_000, reserved = true, hasNodes = true, menu = usualMenu, loader = 'BOOTX64.EFI'} = {},
): string {
  const tree = join(directory, 'iso')
  const write = (path: string, text: string, sizeBytes?: number) => {
    mkdirSync(dirname(join(tree, path)), {recursive: true})
    writeFileSync(join(tree, path), text)
    if (sizeBytes !== undefined) truncateSync(join(tree, path), sizeBytes)
  }
  write('boot/grub/grub.cfg', menu)
  write(`EFI/BOOT/${loader}`, 'loader')
  write('haos/system/config.yaml', 'hostname: built\n')
  write('haos/system/haos/1/packages.squashfs', 'layer', systemBytes)
  symlinkSync('1', join(tree, 'haos/system/haos/current'))
  if (hasNodes) write('haos/system/nodes', '')
  const paths = {
    ...{menu: '/boot/grub/grub.cfg', config: '/haos/system/config.yaml'},
    ...(hasNodes && {nodes: '/haos/system/nodes'}),
  }
  if (reserved) write(areaPath, renderAreaHeader(paths), layOutArea(paths).sizeBytes)
  const iso = join(directory, 'small.iso')
  $.sync`xorriso -as mkisofs -quiet -o ${iso} -V HAOS -R -J -iso-level 3 ${tree}`
  return iso
}
