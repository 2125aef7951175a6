import type {AnyTool} from '#engine'
import {depmod} from './depmod.ts'
import {dpkgDeb} from './dpkg-deb.ts'
import {changeInodes, checkExt, makeExt4} from './e2fsprogs.ts'
import {grubMkimage} from './grub-mkimage.ts'
import {gzip} from './gzip.ts'
import {mkfsFat} from './mkfs-fat.ts'
import {modinfo} from './modinfo.ts'
import {mcopy, mmd} from './mtools.ts'
import {qemuImgConvert, qemuImgCreate} from './qemu-img.ts'
import {qemuSystem} from './qemu-system.ts'
import {treeTools} from './sandbox/run-in-tree.ts'
import {sfdisk} from './sfdisk.ts'
import {squashfsAsTar} from './sqfs2tar.ts'
import {sparseTar} from './tar.ts'
import {tar2sqfs} from './tar2sqfs.ts'
import {uefiFirmware} from './uefi-firmware.ts'
import {xorriso} from './xorriso.ts'
import {unxz} from './xz.ts'
import {zstd} from './zstd.ts'

/** Every tool that the engine may run, for `haos-build doctor`; those for virtual machines last. */
export const allTools: readonly AnyTool[] = [
  changeInodes,
  checkExt,
  depmod,
  dpkgDeb,
  grubMkimage,
  makeExt4,
  mcopy,
  mkfsFat,
  mmd,
  modinfo,
  sfdisk,
  gzip,
  sparseTar,
  squashfsAsTar,
  tar2sqfs,
  ...treeTools,
  xorriso,
  unxz,
  zstd,
  uefiFirmware.amd64,
  uefiFirmware.arm64,
  uefiFirmware.arm,
  qemuImgConvert,
  qemuImgCreate,
  qemuSystem.amd64,
  qemuSystem.arm64,
  qemuSystem.arm,
]
