import {join, relative} from 'node:path'
import {Flags} from '@oclif/core'
import prettyBytes from 'pretty-bytes'
import {HaosError} from '#dsl'
import type {BuiltArtifact} from '#image'
import {oci} from '#layout'
import {openOciImages, type PushedImage, pushOciImages, writeOciLayout} from '#media'
import {ociTarget} from '#targets'
import {buildFlags} from '../project-command.ts'
import {targetCommand} from '../target-command.ts'

const OciTarget = targetCommand(ociTarget)

export default class Oci extends OciTarget {
  static override description =
    'Makes an archive for each architecture, and an OCI layout of all of them. Needs no daemon. ' +
    'With --push, a registry gets what it does not have yet, and with --sign-key a signature that cosign verifies.'
  static override examples = [
    ...OciTarget.examples,
    {
      description: 'For two architectures under one name, in a registry',
      command: '<%= config.bin %> oci --arch amd64 --arch arm64 --push registry.example.com/os/haos:1.4.0',
    },
  ]
  static override flags = {
    ...buildFlags,
    push: Flags.string({
      description: 'Push to this name. Repeatable. Default tag: the version.',
      helpValue: 'REGISTRY/NAME[:TAG]',
      multiple: true,
      multipleNonGreedy: true,
    }),
    credentials: Flags.string({
      description: "Credentials for the registry. Default: Docker's own config.json.",
      helpValue: 'FILE',
      dependsOn: ['push'],
    }),
    'plain-http': Flags.boolean({
      description: 'Push without encryption. Always so to a registry on this machine.',
      dependsOn: ['push'],
    }),
    'mount-from': Flags.string({
      description: 'Another repository of the registry that may have some of the layers. Repeatable.',
      helpValue: 'NAME',
      multiple: true,
      multipleNonGreedy: true,
      dependsOn: ['push'],
    }),
  }

  override async run() {
    const {flags} = await this.parse(Oci)
    const names = (flags.push ?? []).map(parseName)
    if (names.length > 0 && flags.offline)
      throw new HaosError('USAGE_INVALID', '--offline forbids a push', {at: '--push', hint: 'Leave out one of both.'})
    const signers = await this.signers(flags)
    const result = await super.run()
    const layouts: {path: string; digest: string}[] = []
    const pushed: PushedImage[] = []
    const groups = Map.groupBy(result.artifacts, layoutName)
    if (names.length > 0 && groups.size > 1)
      throw new HaosError('USAGE_INVALID', `${groups.size} different images would get the same name`, {
        at: '--push',
        hint: 'Push one at a time: name it with --image, --recipe or --set.',
      })
    for (const [name, artifacts] of groups) {
      const images = await openOciImages(artifacts.map(({path}) => path))
      const path = join(flags.out, name)
      await writeOciLayout(path, images)
      layouts.push({path, digest: images.root.descriptor.digest})
      for (const to of names) {
        pushed.push(
          await pushOciImages(images, {
            to,
            credentialsFile: flags.credentials,
            plainHttp: flags['plain-http'],
            mountFrom: flags['mount-from'] ?? [],
            signers,
            emit: this.emit,
            signal: this.signal,
          }),
        )
      }
    }
    if (!this.jsonEnabled()) process.stdout.write(render(layouts, pushed))
    return {...result, layouts, pushed}
  }
}

/** Name of the layout of an image: that of its archive, without the architecture. */
const layoutName = ({name, arch}: BuiltArtifact): string => name.slice(0, -`-${arch}.tar`.length)

function parseName(text: string) {
  const name = oci.parseReference(text)
  if (name !== undefined && name.digest === undefined) return name
  throw new HaosError('USAGE_INVALID', `"${text}" is not a name to push to`, {
    at: '--push',
    hint: 'Write the registry, the repository in lower case and a tag, such as registry.example.com/os/haos:1.4.0.',
  })
}

const render = (layouts: readonly {path: string; digest: string}[], pushed: readonly PushedImage[]): string =>
  [
    ...layouts.map(({path, digest}) => `✓ ${relative(process.cwd(), path) || path}/  OCI layout  ${digest}`),
    ...pushed.map(
      ({name, digest, sizeBytes, sentBytes}) =>
        `✓ ${name}  ${digest}  ${prettyBytes(sentBytes)} of ${prettyBytes(sizeBytes)} sent`,
    ),
  ]
    .concat(pushed.length > 0 ? [] : nextSteps)
    .map((line) => `${line}\n`)
    .join('')

const nextSteps = [
  '',
  'Next:',
  '  haos-build oci --push REGISTRY/NAME  push it, for `upgrade --image` on nodes and for the Plans of clusters',
]
