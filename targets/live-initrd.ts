import type {PlanBuilder, Ref} from '#engine'
import {liveInitrd, type PlannedImage} from '#image'
import {systemFiles} from './system-files.ts'

/** An initrd that contains the whole system. */
export function planLiveInitrd(image: PlannedImage, plan: PlanBuilder): Ref<'file'> {
  const {files, texts, links, modes, configPath} = systemFiles(image)
  return plan.add(
    liveInitrd,
    {initrd: image.initrd, files: files.map(({file}) => file)},
    {paths: files.map(({path}) => path), texts, links, modes, configPath},
    'live initrd',
  )
}
