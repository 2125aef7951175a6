import {Flags} from '@oclif/core'
import {clusterManifests, type KubernetesObject, manifestGroups, renderManifests} from '#cluster'
import {Cluster, HaosError, type ImageSpec, problemsOf} from '#dsl'
import {writeAtomically} from '#engine'
import {ProjectCommand, projectFlags} from '../project-command.ts'

export default class Manifests extends ProjectCommand {
  static override summary = 'Print what a cluster needs to upgrade and configure its nodes, for kubectl or GitOps.'
  static override description =
    'The system-upgrade-controller, Plans for servers and agents, and the pods that give nodes their configuration. ' +
    'Image and channel are those of `cluster` in the recipe unless flags name others. docs/upgrades.md explains every object.'
  static override examples = [
    {
      description: 'Install everything, and upgrade to whatever the channel says',
      command: '<%= config.bin %> manifests | kubectl apply -f -',
    },
    {
      description: 'Plans for one version, for a repository that GitOps applies',
      command: '<%= config.bin %> manifests --only plans --plan-version 1.4.0 --out clusters/edge/plans.yaml',
    },
  ]
  static override flags = {
    ...projectFlags,
    'oci-image': Flags.string({
      description: 'Name of the image that `haos-build oci` pushed. With @sha256:… only with --plan-version.',
      helpValue: 'NAME',
    }),
    'plan-version': Flags.string({
      description: 'Version in the Plans, instead of a channel.',
      helpValue: 'VERSION',
      exclusive: ['channel'],
    }),
    channel: Flags.string({description: 'URL of the channel in the Plans.', helpValue: 'URL'}),
    only: Flags.option({options: manifestGroups, multiple: true, multipleNonGreedy: true})({
      description: 'Only this group of objects. Repeatable.',
    }),
    legacy: Flags.boolean({description: 'Also Plans for nodes with the labels of versions before v0.11.'}),
    namespace: Flags.string({
      description: 'Namespace of a system-upgrade-controller that exists already. Default: NAME-system.',
    }),
    out: Flags.string({description: 'File to write. Default: standard output.'}),
  }

  async run() {
    const {flags} = await this.parse(Manifests)
    const {spec} = await this.load(flags)
    const [image, digest] = (flags['oci-image'] ?? '').split('@')
    const cluster = clusterOf(spec, {image: image || undefined, channel: flags.channel})
    const version = flags['plan-version']
    const only = flags.only ?? manifestGroups
    if (digest !== undefined && version === undefined)
      throw new HaosError('USAGE_INVALID', 'an image with a digest is always the same version', {
        at: '--oci-image',
        hint: 'Add --plan-version with its version, or leave the digest out.',
      })
    const from = version === undefined ? cluster.channel && {channel: cluster.channel} : {version}
    if (!from && only.includes('plans'))
      throw new HaosError('USAGE_INVALID', 'nothing says to which version nodes are upgraded', {
        hint: 'Give --plan-version or --channel, set `cluster.channel` in the recipe, or leave the Plans out: --only controller --only config.',
      })
    if (only.includes('controller') && cluster.controller === undefined)
      throw new HaosError('USAGE_INVALID', 'nothing says which images the system-upgrade-controller has', {
        hint: 'Set `cluster.controller` in the recipe, each image with its digest, or leave the controller out: --only plans --only config.',
      })
    const groups = clusterManifests({
      identity: spec.identity,
      cluster,
      version: version ?? spec.version,
      image: digest && `${cluster.image}@${digest}`,
      from: from || undefined,
      legacy: flags.legacy || cluster.legacyLabels,
      namespace: flags.namespace,
    })
    const objects = distinct(manifestGroups.filter((group) => only.includes(group)).flatMap((group) => groups[group]))
    const text = renderManifests(objects)
    if (flags.out !== undefined) await writeAtomically(flags.out, text)
    else if (!this.jsonEnabled()) process.stdout.write(text)
    return {type: 'result' as const, objects, ...(flags.out !== undefined && {out: flags.out})}
  }
}

/** What the recipe says about the cluster, with what the flags say instead. Fails with USAGE_INVALID. */
function clusterOf(
  {cluster}: ImageSpec,
  given: {readonly image: string | undefined; readonly channel: string | undefined},
): Cluster {
  const input = {...cluster, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))}
  if (input.image === undefined)
    throw new HaosError('USAGE_INVALID', 'nothing says where the image for upgrades is', {
      hint: 'Give --oci-image, or set `cluster: cluster({image: …})` in the recipe.',
    })
  const parsed = Cluster.safeParse(input)
  if (parsed.success) return parsed.data
  throw new HaosError('USAGE_INVALID', 'the image or the channel is not valid', {
    problems: problemsOf(Cluster, parsed.error, input),
    hint: 'Name the image without a tag, and the channel by its URL.',
  })
}

/** Each object once: every group begins with the namespace. */
const distinct = (objects: readonly KubernetesObject[]): KubernetesObject[] => [
  ...new Map(objects.map((object) => [`${object.kind}/${object.metadata.name}`, object])).values(),
]
