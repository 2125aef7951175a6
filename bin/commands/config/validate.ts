import {readFileSync} from 'node:fs'
import {Args, Flags} from '@oclif/core'
import {HaosError} from '#dsl'
import {type ConfigProblem, readOneConfig, renderProblem, usualAccounts} from '#runtime'
import {BaseCommand} from '../../base-command.ts'
import {identityFlag, parseIdentity} from '../../identity-flag.ts'

export default class ConfigValidate extends BaseCommand {
  static override strict = false
  static override summary = 'Check config.yaml files as the node would read them.'
  static override description =
    'Prints each problem with its line and column. The exit status is 0 when there is none, and 2 otherwise. The node ' +
    'would still apply everything else.'
  static override examples = [
    '<%= config.bin %> config validate config.yaml',
    {description: 'The output of another program', command: 'render-config | <%= config.bin %> config validate -'},
  ]
  static override args = {
    file: Args.string({ignoreStdin: true, description: 'The files to check; - is standard input.', required: true}),
  }
  static override flags = {
    identity: identityFlag,
    account: Flags.string({
      description: 'A user or group of the image, besides those that each image has: owners of files. Repeatable.',
      multiple: true,
    }),
  }

  async run() {
    const {argv, flags} = await this.parse(ConfigValidate)
    const identity = parseIdentity(flags.identity)
    const files = argv.map(String)
    const accounts = new Set([...usualAccounts, ...(flags.account ?? [])])
    const problems: readonly ConfigProblem[] = files.flatMap(
      (file) => readOneConfig(file === '-' ? 'standard input' : file, readBytes(file), identity, {accounts}).problems,
    )
    if (!this.jsonEnabled()) for (const problem of problems) this.log(renderProblem(problem))
    if (problems.length > 0) process.exitCode = 2
    return {valid: problems.length === 0, files, problems}
  }
}

function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file === '-' ? process.stdin.fd : file)
  } catch (cause) {
    throw new HaosError('CONFIG_INVALID', `${file} cannot be read`, {hint: 'Check the path of the file.', cause})
  }
}
