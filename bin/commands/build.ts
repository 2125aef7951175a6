import {Args} from '@oclif/core'
import {HaosError, nearest} from '#dsl'
import type {Target} from '#image'
import {targets} from '#targets'
import {buildFlags, ProjectCommand} from '../project-command.ts'
import {renderArtifacts} from '../target-command.ts'

export default class Build extends ProjectCommand {
  static override summary = 'Build targets into out/.'
  static override description = 'Runs the steps whose results are not in the store, and writes files that have changed.'
  static override examples = [
    {description: 'The ISO', command: '<%= config.bin %> build iso'},
    {
      description: 'Two targets of two recipes for two architectures; shared steps run once',
      command:
        '<%= config.bin %> build iso pxe --recipe edge.build.ts --recipe core.build.ts --arch amd64 --arch arm64',
    },
  ]
  static override strict = false
  static override args = {
    target: Args.string({
      ignoreStdin: true,
      description: `Targets: ${targets.map(({kind}) => kind).join(', ')}. Default: all.`,
    }),
  }
  static override flags = buildFlags

  async run() {
    const {argv, flags} = await this.parse(Build)
    const result = await this.build(chooseTargets(argv.map(String)), flags)
    if (!this.jsonEnabled()) process.stdout.write(renderArtifacts(result.artifacts))
    return result
  }
}

/** The targets with these names; all without names. */
export function chooseTargets(names: readonly string[]): readonly Target[] {
  if (names.length === 0) return targets
  return names.map((name) => {
    const target = targets.find(({kind}) => kind === name)
    if (target !== undefined) return target
    const known = targets.map(({kind}) => kind)
    const meant = nearest(name, known)
    throw new HaosError('TARGET_UNKNOWN', `there is no target "${name}"`, {
      hint: meant === undefined ? `Choose one of: ${known.join(', ')}.` : `Did you mean "${meant}"?`,
    })
  })
}
