import type {Problem} from './error.ts'
import type {Identity} from './identity.ts'
import {archiveFileName, type Kubernetes} from './kubernetes-spec.ts'
import type {Arch} from './schema.ts'

/** What is wrong with the Kubernetes of an image although each of its fields is valid. */
export function kubernetesProblems(
  kubernetes: Kubernetes,
  {identity, built}: {readonly identity: Identity; readonly built: readonly Arch[]},
): Problem[] {
  const {kind, version, channel, ship, sha256, airgap, images, config} = kubernetes
  const problems: Problem[] = []
  const refuse = (path: string, message: string, hint: string) => problems.push({path, message, hint})
  if (kind !== identity.kubernetes)
    refuse(
      'kubernetes',
      `is ${kind}, but nodes named ${identity.name} run ${identity.kubernetes}`,
      `Use ${identity.kubernetes}(), or write identity('${identity.name}', {kubernetes: '${kind}'}).`,
    )
  if (kind === 'rke2' && built.includes('arm'))
    refuse('arch', 'includes arm, for which there is no rke2', 'Leave arm out, or use k3s.')
  if (version === undefined && channel === undefined)
    refuse(
      'kubernetes.version',
      'is missing',
      `Name a release such as "v1.34.3+${kind === 'k3s' ? 'k3s1' : 'rke2r1'}", or a channel: channel: 'stable'.`,
    )
  if (version !== undefined && channel !== undefined)
    refuse('kubernetes.channel', 'is given together with a version', 'Leave one of them out.')
  if (version !== undefined && !version.includes(kind === 'k3s' ? '+k3s' : '+rke2r'))
    refuse(
      'kubernetes.version',
      `is no release of ${kind}`,
      `Its releases end with +${kind === 'k3s' ? 'k3s1' : 'rke2r1'}.`,
    )
  if (channel !== undefined && Object.keys(sha256).length > 0)
    refuse(
      'kubernetes.sha256',
      'belongs to one release, and a channel has many',
      'Leave it out: the lock file pins it.',
    )
  if (airgap && ship === 'first-boot')
    refuse('kubernetes.airgap', 'needs the program in the image', "Leave `ship: 'first-boot'` out.")
  const names = images.map(archiveFileName)
  for (const [index, name] of names.entries())
    if (names.indexOf(name) !== index)
      refuse(`kubernetes.images[${index}]`, `has the name of another archive: ${name}`, 'Rename one of the two.')
  if (kind === 'rke2' && kubernetes.profile !== undefined && config?.['profile'] !== undefined)
    refuse('kubernetes.config.profile', 'is given twice', 'Leave it out: `profile` sets it.')
  return problems
}
