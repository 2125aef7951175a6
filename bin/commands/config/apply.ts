import {statSync} from 'node:fs'
import {resolve} from 'node:path'
import {Flags} from '@oclif/core'
import {HaosError} from '#dsl'
import {applyPhase, configFilesOf, phaseNames, readConfig, renderProblem} from '#runtime'
import {BaseCommand} from '../../base-command.ts'
import {DirectoryHost, type ListedCommand} from '../../directory-host.ts'
import {identityFlag, parseIdentity} from '../../identity-flag.ts'

export default class ConfigApply extends BaseCommand {
  static override summary = "Apply a node's configuration to a directory, to preview its effect."
  static override description =
    'Reads the configuration below the directory as the node would, and applies one phase of it: files are ' +
    'written below the directory; programs are listed instead of run.'
  static override examples = [
    {
      description: 'Preview the first boot with a config',
      command: '<%= config.bin %> config apply --phase boot --root ./tree --cmdline "haos.hostname=x"',
    },
  ]
  static override flags = {
    phase: Flags.option({options: phaseNames, required: true})({description: 'The phase to apply.'}),
    root: Flags.string({description: "Directory that stands for the node's root.", required: true}),
    cmdline: Flags.string({description: 'Kernel command line. Default: proc/cmdline below the directory.'}),
    identity: identityFlag,
    offline: Flags.boolean({description: 'Fetch nothing: keys and manifests from URLs are then problems.'}),
  }

  async run() {
    const {flags} = await this.parse(ConfigApply)
    const root = resolve(flags.root)
    if (!statSync(root, {throwIfNoEntry: false})?.isDirectory())
      throw new HaosError('USAGE_INVALID', `there is no directory ${flags.root}`, {
        hint: 'Create it, with the config at haos/system/config.yaml.',
      })
    const identity = parseIdentity(flags.identity)
    const host = new DirectoryHost(root, {offline: flags.offline})
    const {phase, cmdline} = flags
    const read = readConfig(configFilesOf(host), {identity, phase, cmdline})
    const applied = applyPhase(phase, read.config, {host, identity, version: this.config.version, read})
    const problems = [...read.problems, ...applied.problems]
    const result = {actions: applied.actions, commands: host.commands, services: applied.services, problems}
    if (!this.jsonEnabled()) this.#show(result)
    return result
  }

  /** Omits the standard input and the environment of programs: both hold secrets. */
  #show({actions, commands, services, problems}: Shown): void {
    for (const {applier, outcome} of actions) this.log(`${outcome.padEnd(10)} ${applier}`)
    for (const {argv} of commands) this.log(`would run  ${argv.map((word) => JSON.stringify(word)).join(' ')}`)
    for (const {name, argv} of services) this.log(`service    ${name}: ${argv.join(' ')}`)
    for (const problem of problems) this.log(`problem    ${renderProblem(problem)}`)
  }
}

type Applied = ReturnType<typeof applyPhase>
type Shown = Applied & {readonly commands: readonly ListedCommand[]}
