import {Args, Flags} from '@oclif/core'
import {describeKernels} from '#image'
import {ProjectCommand, projectsFlags} from '../../project-command.ts'
import {renderKernelInfo} from '../../render-kernel-info.ts'

export default class Info extends ProjectCommand {
  static override summary = 'Show the kernel of an image: version, options, modules by size, and missing firmware.'
  static override description =
    'Shows the options that Kubernetes and its workloads need, or those that --option names. Fetches and unpacks the packages of the kernel if they are not in the store. Modules name firmware for every revision of a device, so that no machine needs all of it. With --json it always shows everything.'
  static override strict = false
  static override examples = [
    {description: 'As a table', command: '<%= config.bin %> kernel info'},
    {description: 'How are some options set?', command: "<%= config.bin %> kernel info --option VXLAN --option 'NF_*'"},
    {description: 'Every module and missing file', command: '<%= config.bin %> kernel info --all'},
  ]
  static override args = {image: Args.string({ignoreStdin: true, description: 'Images of the recipe. Default: all.'})}
  static override flags = {
    ...projectsFlags,
    option: Flags.string({
      description: 'Option of the kernel to show, by its name with or without CONFIG_, or as a glob. Repeatable.',
      multiple: true,
      multipleNonGreedy: true,
    }),
    all: Flags.boolean({description: 'Show every option, module and missing firmware file.'}),
  }

  async run() {
    const {argv, flags} = await this.parse(Info)
    const named = [...(flags.image ?? []), ...argv.map(String)]
    const projects = await this.loadAll({...flags, ...(named.length > 0 && {image: named})})
    const shown = {all: flags.all, options: flags.option !== undefined}
    const kernels = await describeKernels(projects, this.workshop(flags), flags.option)
    if (!this.jsonEnabled())
      for (const line of kernels.flatMap((kernel) => renderKernelInfo(kernel, shown))) this.log(line)
    return {type: 'result', kernels}
  }
}
