import {Args} from '@oclif/core'
import {HaosError, nearest} from '#dsl'
import {chainTo, explainPackage} from '#image'
import {loadRepositories, type RepositoryOptions, repositoryFlags} from '../../alpine-repositories.ts'
import {ProjectCommand, projectFlags} from '../../project-command.ts'

export default class Why extends ProjectCommand {
  static override summary = 'Explain why a package is in the image.'
  static override description =
    'Shows the shortest chain of dependencies from the recipe to the package, as the lock file pins them. With --repository it queries Alpine repositories instead, and all further names are the request.'
  static override strict = false
  static override examples = [
    {description: 'Which package needs libcurl4?', command: '<%= config.bin %> packages why libcurl4'},
    {
      description: 'Which package would need musl?',
      command: '<%= config.bin %> packages why musl --repository mirror/main -- openssh chrony',
    },
  ]
  static override args = {
    package: Args.string({ignoreStdin: true, description: 'Name of the package to explain.', required: true}),
  }
  static override flags = {
    ...projectFlags,
    ...repositoryFlags,
  }

  async run() {
    const {args, argv, flags} = await this.parse(Why)
    const {repository, ...rest} = flags
    const name = args.package
    const chain = repository
      ? await this.#askRepositories(name, argv.slice(1).map(String), {...rest, repository})
      : await explainPackage(await this.load(flags), this.workshop(flags), name)
    if (!this.jsonEnabled()) for (const [depth, label] of chain.entries()) this.log(`${'  '.repeat(depth)}${label}`)
    return {package: name, chain}
  }

  async #askRepositories(
    name: string,
    requests: readonly string[],
    flags: RepositoryOptions,
  ): Promise<readonly string[]> {
    const solve = await loadRepositories(flags, this.signal)
    const packages = solve(requests).map((item) => ({...item, label: `${item.name}-${item.version}`}))
    const chain = chainTo(name, packages)
    if (chain !== undefined) return chain
    const guess = nearest(
      name,
      packages.map((item) => item.name),
    )
    throw new HaosError('PACKAGE_NOT_FOUND', `${name} is not among the ${packages.length} packages`, {
      hint: guess === undefined ? 'Run `packages solve` to see all of them.' : `Did you mean ${guess}?`,
    })
  }
}
