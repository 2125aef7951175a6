import {Flags} from '@oclif/core'
import {parseSize} from '#machine'
import {diskFileFormats, diskTarget} from '#targets'
import {buildFlags, ProjectCommand} from '../project-command.ts'
import {renderArtifacts} from '../target-command.ts'

export default class Disk extends ProjectCommand {
  static override summary = `Build ${diskTarget().summary}.`
  static override description =
    'Makes the disk that the installer would leave, without root or a loop device, in the formats of hypervisors.'
  static override examples = [
    {description: 'A raw disk', command: '<%= config.bin %> disk'},
    {description: 'For KVM and for VMware', command: '<%= config.bin %> disk --format qcow2 --format ova'},
  ]
  static override flags = {
    ...buildFlags,
    format: Flags.option({options: diskFileFormats, multiple: true, multipleNonGreedy: true})({
      description: 'Format of the disk image. Repeatable.',
      default: ['raw'],
    }),
    size: Flags.string({description: 'Size of the disk, such as 8G. Default: 3G.', helpValue: 'SIZE'}),
  }

  async run() {
    const {flags} = await this.parse(Disk)
    const sizeBytes = flags.size === undefined ? undefined : parseSize(flags.size)
    const result = await this.build([diskTarget({formats: flags.format, sizeBytes})], flags)
    if (!this.jsonEnabled()) process.stdout.write(renderArtifacts(result.artifacts))
    return result
  }
}
