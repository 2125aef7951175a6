import {statSync} from 'node:fs'
import {resolve} from 'node:path'
import {Flags} from '@oclif/core'
import {HaosError} from '#dsl'
import {configFilesOf, readConfig, renderConfig, renderProblem} from '#runtime'
import {BaseCommand} from '../../base-command.ts'
import {DirectoryHost} from '../../directory-host.ts'
import {identityFlag, parseIdentity} from '../../identity-flag.ts'

export default class ConfigRender extends BaseCommand {
  static override summary = 'Show the configuration that a node would use, merged from all its sources.'
  static override description =
    'Reads the files below the directory as the node would read them below its root, and the given kernel command ' +
    'line. Values that are mistakes are shown, too: the problems name them, and the node leaves them out. Secrets are shown in clear.'
  static override examples = [
    {
      description: 'Merge a config.yaml and a kernel parameter',
      command: '<%= config.bin %> config render --root ./tree --cmdline "haos.token=x"',
    },
  ]
  static override flags = {
    root: Flags.string({description: "Directory that stands for the node's root.", required: true}),
    cmdline: Flags.string({description: 'Kernel command line. Default: proc/cmdline below the directory.'}),
    identity: identityFlag,
  }

  async run() {
    const {flags} = await this.parse(ConfigRender)
    const root = resolve(flags.root)
    if (!statSync(root, {throwIfNoEntry: false})?.isDirectory())
      throw new HaosError('USAGE_INVALID', `there is no directory ${flags.root}`, {
        hint: 'Create it, with the config at haos/system/config.yaml.',
      })
    const identity = parseIdentity(flags.identity)
    const files = configFilesOf(new DirectoryHost(root))
    const {written, problems} = readConfig(files, {identity, cmdline: flags.cmdline})
    const result = {config: renderConfig(written, identity), problems}
    if (!this.jsonEnabled()) {
      this.log(JSON.stringify(result.config, undefined, 2))
      for (const problem of problems) process.stderr.write(`${renderProblem(problem)}\n`)
    }
    return result
  }
}
