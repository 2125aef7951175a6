import {Args, Flags} from '@oclif/core'
import {HaosError, nearest} from '#dsl'
import {parseSize} from '#machine'
import {type CloudName, cloudNames, cloudTarget, isoTarget, readBaseDisk, takeoverTarget} from '#targets'
import {buildFlags, ProjectCommand} from '../project-command.ts'
import {renderArtifacts} from '../target-command.ts'

export default class CloudImage extends ProjectCommand {
  static override summary = "Build an image in a cloud's format, and a script that uploads it."
  static override description =
    `Clouds: ${cloudNames.join(', ')}. The script is not run; it first prints what it needs. ` +
    'With --mode takeover the image is made from a stock one, as install.sh --takeover does: from --base in a local virtual machine, or else by a Packer template in the cloud.'
  static override examples = [
    {description: 'For Amazon EC2', command: '<%= config.bin %> cloud aws'},
    {description: 'For Google on arm64', command: '<%= config.bin %> cloud gcp --arch arm64'},
    {
      description: 'A Packer template that takes over a Debian in EC2',
      command: '<%= config.bin %> cloud aws --mode takeover',
    },
    {
      description: 'The same image without an account',
      command: '<%= config.bin %> cloud aws --mode takeover --base debian-13-generic-amd64.qcow2',
    },
  ]
  static override args = {cloud: Args.string({ignoreStdin: true, description: 'Which cloud.', required: true})}
  static override flags = {
    ...buildFlags,
    mode: Flags.option({options: ['direct', 'takeover'] as const})({
      description: 'direct: a disk as the installer leaves it. takeover: replace a stock system.',
      default: 'direct',
    }),
    base: Flags.string({
      description: 'Image to take over: a Linux with cloud-init, GRUB and an ext4 root. It is not changed.',
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
      throw new HaosError('USAGE_INVALID', '--base needs --mode takeover', {
        at: '--base',
        hint: 'Add --mode takeover.',
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
    hint: meant === undefined ? `Choose one of: ${cloudNames.join(', ')}.` : `Did you mean "${meant}"?`,
  })
}
