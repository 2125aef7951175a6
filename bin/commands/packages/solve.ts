import {Args} from '@oclif/core'
import {HaosError} from '#dsl'
import {solveProject} from '#image'
import {loadRepositories, type RepositoryOptions, repositoryFlags} from '../../alpine-repositories.ts'
import type {LoadProjectOptions} from '../../load-project.ts'
import {ProjectCommand, projectFlags} from '../../project-command.ts'

export default class Solve extends ProjectCommand {
  static override summary = 'Choose packages as the distribution would, and show them with all their dependencies.'
  static override description =
    "Queries the recipe's distribution; without PKG, for all packages of the recipe. With --repository it reads the indexes of these Alpine repositories, the preferred one first, and shows packages in the order of installation. Changes nothing. PKG of Alpine may carry a version (name=1.2-r0, name>=1, name~1.2), a tag (name@tag), or exclude a package (!name). Exits with status 3 when there is no solution."
  static override strict = false
  static override examples = [
    {description: 'What does htop depend on?', command: '<%= config.bin %> packages solve htop'},
    {
      description: 'From a local mirror',
      command: '<%= config.bin %> packages solve --repository mirror/main --keys keys -- openssh chrony',
    },
  ]
  static override args = {
    package: Args.string({
      ignoreStdin: true,
      description: 'Package names, or names that packages provide, such as so:… or cmd:….',
    }),
  }
  static override flags = {
    ...projectFlags,
    ...repositoryFlags,
  }

  async run() {
    const {argv, flags} = await this.parse(Solve)
    const names = argv.map(String)
    const {repository} = flags
    // A query that cannot run is a failure; the command interprets its answer.
    const solve =
      repository === undefined ? await this.#projectSolver(flags) : await this.#alpineSolver({...flags, repository})
    try {
      const install = await solve(names)
      if (!this.jsonEnabled()) for (const label of install) this.log(label)
      return {ok: true, install}
    } catch (error) {
      // A request without a solution is an answer, not a failure of the command.
      if (!this.jsonEnabled() || !(error instanceof HaosError) || !error.code.startsWith('PACKAGE_')) throw error
      process.exitCode = error.exitStatus
      return {ok: false, error: explain(error)}
    }
  }

  async #projectSolver(flags: LoadProjectOptions & {readonly offline: boolean}) {
    const project = await this.load(flags)
    return (names: readonly string[]) => solveProject(project, this.workshop(flags), names)
  }

  async #alpineSolver(flags: RepositoryOptions) {
    const solve = await loadRepositories(flags, this.signal)
    return async (names: readonly string[]) => solve(names).map(({name, version}) => `${name}-${version}`)
  }
}

/** The whole explanation as lines of text. */
const explain = ({message, hint, details}: HaosError): string =>
  [message, ...(details.problems ?? []).map((problem) => `${problem.path} ${problem.message}`), hint].join('\n')
