import type {ImageSpec} from '#dsl'
import type {PlanBuilder} from '#engine'
import type {PlannedKubernetes} from '../release-files.ts'
import type {LockedPackage} from '../source.ts'
import {fetchFile} from '../steps/fetch.ts'
import type {LoadedArchive} from './load-archives.ts'
import type {PinnedRelease} from './pinned-release.ts'

/** Adds the steps that fetch what an image contains of Kubernetes; undefined if it contains nothing of it. */
export function planKubernetes(
  {kubernetes}: ImageSpec,
  {release, archives}: {readonly release: PinnedRelease; readonly archives: readonly LoadedArchive[]},
  plan: PlanBuilder,
): PlannedKubernetes | undefined {
  if (kubernetes === undefined) return undefined
  const {mirror, ship, kind} = kubernetes
  const fetchLocked = ({path, sha256, sizeBytes, name}: LockedPackage, as: string) => {
    plan.origin(sha256, [`${mirror}/${path}`])
    return {name: as, file: plan.add(fetchFile, {}, {sha256, sizeBytes}, name)}
  }
  const {version, program, airgap} = release
  const files = [
    ...(ship === 'embedded' && program !== undefined ? [fetchLocked(program, kind)] : []),
    ...(airgap === undefined ? [] : [fetchLocked(airgap, airgap.path.slice(airgap.path.lastIndexOf('/') + 1))]),
    ...archives.map(({name, sha256, origin}) => {
      plan.origin(sha256, [origin])
      return {name, file: plan.add(fetchFile, {}, {sha256}, name)}
    }),
  ]
  return files.length === 0 ? undefined : {version, files}
}
