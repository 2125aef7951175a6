import {diskTarget} from './disk/target.ts'
import {initrdTarget} from './initrd/target.ts'
import {isoTarget} from './iso/target.ts'
import {pxeTarget} from './pxe/target.ts'
import {rootfsTarget} from './rootfs/target.ts'

/** Every target, in the order in which they are listed to a person. */
export const targets = [isoTarget, diskTarget(), initrdTarget, pxeTarget, rootfsTarget]

export {type BaseDisk, readBaseDisk} from './cloud/base-disk.ts'
export {type CloudName, cloudNames} from './cloud/clouds.ts'
export {takeoverTarget} from './cloud/takeover-target.ts'
export {cloudTarget} from './cloud/target.ts'
export {diskFileFormats} from './plan-disk.ts'
export {type FileServer, type ServeFilesOptions, serveFiles} from './pxe/serve-files.ts'
export type {ArgumentChanges} from './remaster/change-arguments.ts'
export type {MediumChanges, MediumDescription} from './remaster/medium.ts'
export {describeMedium, remaster} from './remaster/remaster.ts'
export {diskTarget, initrdTarget, isoTarget, pxeTarget, rootfsTarget}
