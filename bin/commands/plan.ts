import {Args, Flags} from '@oclif/core'
import {planFormats} from '#engine'
import {explainProjects} from '#image'
import {hideRegistryFiles, hideRegistrySecrets} from '../hide-registry-secrets.ts'
import {ProjectCommand, projectsFlags} from '../project-command.ts'
import {renderKernel} from '../render-kernel.ts'
import {chooseTargets} from './build.ts'

export default class Plan extends ProjectCommand {
  static override summary = 'Show what a build would do, which results are in the store, and why the others are not.'
  static override description =
    'Also shows what the kernel lacks of what Kubernetes needs, if its packages are in the store. With --json and --spec it shows the whole recipe, including secrets in its config, but no credentials of registries.'
  static override examples = [
    {description: 'As a list', command: '<%= config.bin %> plan iso'},
    {description: 'As a diagram for Markdown', command: '<%= config.bin %> plan iso --format mermaid'},
  ]
  static override strict = false
  static override args = {target: Args.string({ignoreStdin: true, description: 'Targets. Default: all.'})}
  static override flags = {
    ...projectsFlags,
    format: Flags.option({options: ['text', 'mermaid', 'dot'] as const})({
      description: 'Output format.',
      default: 'text',
    }),
    spec: Flags.boolean({description: 'Show the checked recipe instead.'}),
  }

  async run() {
    const {argv, flags} = await this.parse(Plan)
    const projects = await this.loadAll(flags)
    if (flags.spec) {
      const specs = projects.map(({spec}) => hideRegistrySecrets(spec))
      const shown = specs.length === 1 ? specs[0] : specs
      if (!this.jsonEnabled()) this.log(JSON.stringify(shown, null, 2))
      return shown
    }
    const {plan, steps, kernels} = await explainProjects(
      projects,
      this.workshop(flags),
      chooseTargets(argv.map(String)),
    )
    if (!this.jsonEnabled()) {
      this.log(planFormats[flags.format](steps).trimEnd())
      if (flags.format === 'text') for (const line of kernels.flatMap(renderKernel)) this.log(line)
    }
    const shown = plan.steps.map((step, index) => ({
      ...step,
      options: hideRegistryFiles(step.options),
      ...steps[index],
    }))
    return {type: 'result', ...plan, steps: shown, kernels}
  }
}
