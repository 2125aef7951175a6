import {Args, Flags} from '@oclif/core'
import {HaosError, nearest} from '#dsl'
import {parseSize} from '#machine'
import {type CloudName, cloudNames, cloudTarget, isoTarget, readBaseDisk, takeoverTarget} from '#targets'
import {buildFlags, ProjectCommand} from '../project-command.ts'
import {renderArtifacts} from '../target-command.ts'

export default class CloudImage extends ProjectCommand {
  static override summary = 'Build an image in the form that a cloud takes, and the script that brings it there.'
  static override description =
    `Clouds: ${cloudNames.join(', ')}. The script is not run; it says first what it needs. ` +
    'With --mode takeover the image is made of a stock one, as install.sh --takeover does: of --base in a virtual machine here, else by a Packer template in the cloud.'
  static override examples = [
    {description: 'For Amazon EC2', command: '<%= config.bin %> cloud aws'},
    {description: 'For Google on arm64', command: '<%= config.bin %> cloud gcp --arch arm64'},
    {
      description: 'A Packer template that takes over a Debian in EC2',
      command: '<%= config.bin %> cloud aws --mode takeover',
    },
    {
      description: 'The same without an account',
      command: '<%= config.bin %> cloud aws --mode takeover --base debian-13-generic-amd64.qcow2',
    },
  ]
  static override args = {cloud: Args.string({ignoreStdin: true, description: 'Which cloud.', required: true})}
  static override flags = {
    ...buildFlags,
    mode: Flags.option({options: ['direct', 'takeover'] as const})({
      description: 'direct: a disk as the installer leaves it. takeover: a stock system is replaced.',
      default: 'direct',
    }),
    base: Flags.string({
      description: 'Image that is taken over: a Linux with cloud-init, GRUB and ext4 as its root. It is not changed.',
      helpValue: 'FILE',
    }),
    size: Flags.string({
      description: 'Size of the disk in the image, such as 8G. Default: 3G, with --base 4G.',
      helpValue: 'SIZE',
    }),
  }

  async run() {
    const {args, flags} = await this.parse(CloudImage)
    const {mode, base} = flags
    const cloud = chooseCloud(args.cloud)
    const sizeBytes = flags.size === undefined ? undefined : parseSize(flags.size)
    if (base !== undefined && mode !== 'takeover') {
      throw new HaosError('USAGE_INVALID', '--base is the image to be taken over', {
        at: '--base',
        hint: 'Say --mode takeover too.',
      })
    }
    const target =
      mode === 'direct'
        ? cloudTarget(cloud, {sizeBytes})
        : takeoverTarget(cloud, {
            iso: isoTarget,
            sizeBytes,
            base: base === undefined ? undefined : await readBaseDisk(base),
          })
    const result = await this.build([target], flags)
    if (!this.jsonEnabled()) process.stdout.write(renderArtifacts(result.artifacts))
    return result
  }
}

function chooseCloud(name: string): CloudName {
  const found = cloudNames.find((cloud) => cloud === name)
  if (found !== undefined) return found
  const meant = nearest(name, cloudNames)
  throw new HaosError('TARGET_UNKNOWN', `there is no cloud "${name}"`, {
    hint: meant === undefined ? `Choose of: ${cloudNames.join(', ')}.` : `Did you mean "${meant}"?`,
  })
}
