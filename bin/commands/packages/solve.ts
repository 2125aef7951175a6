import {Args, Flags} from '@oclif/core'
import {Arch, HaosError} from '#dsl'
import {nodeHttp} from '#engine'
import {alpineArch, loadIndexes, loadKeyRing, parseRepository, solvePackages} from '#sources'
import {BaseCommand} from '../../base-command.ts'

export default class Solve extends BaseCommand {
  static override summary = 'Choose Alpine packages as apk would, and show them in the order of installation.'
  static override description =
    'Reads the indexes of the repositories, the preferred one first, and changes nothing. PKG may carry a version (name=1.2-r0, name>=1, name~1.2), a tag (name@tag), or say what must not be there (!name). Exit status 3 when there is no solution.'
  static override strict = false
  static override examples = [
    {
      description: 'From a mirror on this disk',
      command: '<%= config.bin %> packages solve --repository mirror/main --keys keys -- openssh chrony',
    },
  ]
  static override args = {
    package: Args.string({
      ignoreStdin: true,
      description: 'Package names; also what packages provide, such as so:… or cmd:….',
    }),
  }
  static override flags = {
    repository: Flags.string({
      description: 'Directory or address that holds ARCH/APKINDEX.tar.gz, with "@tag " before it for a tagged one.',
      required: true,
      multiple: true,
      multipleNonGreedy: true,
    }),
    keys: Flags.string({
      description: 'Directory of the keys that must have signed the indexes. Without it signatures are not checked.',
      multiple: true,
      multipleNonGreedy: true,
    }),
    arch: Flags.option({options: Arch.options})({description: 'Architecture.', default: 'amd64'}),
    offline: Flags.boolean({description: 'Ask no server.'}),
  }

  async run() {
    const {argv, flags} = await this.parse(Solve)
    const arch = alpineArch[flags.arch]
    const {index, tags} = await loadIndexes(flags.repository.map(parseRepository), {
      arch,
      keys: flags.keys && loadKeyRing(flags.keys, arch),
      http: nodeHttp({offline: flags.offline}),
      signal: this.signal,
    })
    try {
      const install = solvePackages(index, tags, argv.map(String)).map(({name, version}) => `${name}-${version}`)
      if (!this.jsonEnabled()) for (const label of install) this.log(label)
      return {ok: true, install}
    } catch (error) {
      // That there is no solution is an answer, not a failure of the command.
      if (!this.jsonEnabled() || !(error instanceof HaosError)) throw error
      process.exitCode = error.exitStatus
      return {ok: false, error: explain(error)}
    }
  }
}

/** The whole explanation as lines of text. */
const explain = ({message, hint, details}: HaosError): string =>
  [message, ...(details.problems ?? []).map((problem) => `${problem.path} ${problem.message}`), hint].join('\n')
