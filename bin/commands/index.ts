import Build from './build.ts'
import CacheClear from './cache/clear.ts'
import CacheInfo from './cache/info.ts'
import CachePrune from './cache/prune.ts'
import CacheVerify from './cache/verify.ts'
import Channel from './channel.ts'
import CloudImage from './cloud.ts'
import ConfigApply from './config/apply.ts'
import ConfigRender from './config/render.ts'
import ConfigSchema from './config/schema.ts'
import ConfigValidate from './config/validate.ts'
import Dev from './dev.ts'
import Disk from './disk.ts'
import Doctor from './doctor.ts'
import Init from './init.ts'
import Initrd from './initrd.ts'
import Iso from './iso.ts'
import KernelInfo from './kernel/info.ts'
import Lock from './lock.ts'
import Manifests from './manifests.ts'
import Oci from './oci.ts'
import PackagesSolve from './packages/solve.ts'
import PackagesWhy from './packages/why.ts'
import Plan from './plan.ts'
import Pxe from './pxe.ts'
import Remaster from './remaster.ts'
import Rootfs from './rootfs.ts'
import Run from './run.ts'
import Update from './update.ts'
import Verify from './verify.ts'

/** Every command, by the name that users type. oclif finds no commands other than these. */
export const commands = {
  build: Build,
  'cache:clear': CacheClear,
  'cache:info': CacheInfo,
  'cache:prune': CachePrune,
  'cache:verify': CacheVerify,
  channel: Channel,
  cloud: CloudImage,
  'config:apply': ConfigApply,
  'config:render': ConfigRender,
  'config:schema': ConfigSchema,
  'config:validate': ConfigValidate,
  dev: Dev,
  disk: Disk,
  doctor: Doctor,
  init: Init,
  initrd: Initrd,
  iso: Iso,
  'kernel:info': KernelInfo,
  lock: Lock,
  oci: Oci,
  manifests: Manifests,
  'packages:solve': PackagesSolve,
  'packages:why': PackagesWhy,
  plan: Plan,
  pxe: Pxe,
  remaster: Remaster,
  rootfs: Rootfs,
  run: Run,
  update: Update,
  verify: Verify,
}
