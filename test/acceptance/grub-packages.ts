import {rmSync} from 'node:fs'
import {join} from 'node:path'
import {$} from 'zx'
import {debsIn, downloadPackages, keepInCache} from '../keep-in-cache.ts'

/** Host paths of Debian's packages with GRUB's modules, or why there are none. */
export type GrubPackages =
  | {readonly packages: readonly string[]; readonly reason?: undefined}
  | {readonly packages?: undefined; readonly reason: string}

/** Their large files that are not modules. */
const ballast = ['usr/lib/grub/x86_64-efi/monolithic', 'usr/lib/grub/i386-pc/grub-bios-setup', 'usr/share']

/**
 * Downloads them with the host's apt, 2.6 MB, and keeps them in the cache directory, uncompressed and without large files,
 * because tests unpack them often.
 */
export function findGrubPackages(): GrubPackages {
  const {directory, reason} = keepInCache('test-grub', (half) => {
    for (const archive of downloadPackages(half, ['grub-efi-amd64-bin', 'grub-pc-bin'])) repack(archive)
  })
  return directory === undefined ? {reason: `no GRUB: ${reason}`} : {packages: debsIn(directory)}
}

function repack(archive: string): void {
  const tree = `${archive}.tree`
  $.sync`dpkg-deb -R ${archive} ${tree}`
  for (const path of ballast) rmSync(join(tree, path), {recursive: true, force: true})
  $.sync`SOURCE_DATE_EPOCH=1 dpkg-deb --root-owner-group -Znone --build ${tree} ${archive}`
  rmSync(tree, {recursive: true})
}
