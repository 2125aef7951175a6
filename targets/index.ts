import {diskTarget} from './disk/target.ts'
import {initrdTarget} from './initrd/target.ts'
import {isoTarget} from './iso/target.ts'
import {ociTarget} from './oci/target.ts'
import {pxeTarget} from './pxe/target.ts'
import {rootfsTarget} from './rootfs/target.ts'
import {updateTarget} from './update/target.ts'

/** Every target, in the order in which users see them. */
export const targets = [isoTarget, diskTarget(), initrdTarget, pxeTarget, rootfsTarget, updateTarget, ociTarget]

export {readBaseDisk} from './cloud/base-disk.ts'
export {type CloudName, cloudNames} from './cloud/clouds.ts'
export {takeoverTarget} from './cloud/takeover-target.ts'
export {cloudTarget} from './cloud/target.ts'
export {diskTarget} from './disk/target.ts'
export {initrdTarget} from './initrd/target.ts'
export {isoTarget} from './iso/target.ts'
export {ociTarget} from './oci/target.ts'
export {diskFileFormats} from './plan-disk.ts'
export {serveFiles} from './pxe/serve-files.ts'
export {pxeTarget} from './pxe/target.ts'
export {rootfsTarget} from './rootfs/target.ts'
export {updateTarget} from './update/target.ts'
