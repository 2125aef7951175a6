import {Args, Flags} from '@oclif/core'
import {HaosError} from '#dsl'
import {lockProjects} from '#image'
import {ProjectCommand, projectsFlags} from '../project-command.ts'

export default class Lock extends ProjectCommand {
  static override summary = 'Pin every package of the recipe in haos.lock.json.'
  static override description =
    'Resolves packages that are not pinned yet, or with --update all packages or the named ones, and lists the packages that changed. Packages built from the same source as a named package are updated with it.'
  static override strict = false
  static override args = {
    package: Args.string({ignoreStdin: true, description: 'Packages to update, with --update. Default: all.'}),
  }
  static override examples = [
    {description: 'Complete the lock after changing the recipe', command: '<%= config.bin %> lock'},
    {description: "Update every package to today's version", command: '<%= config.bin %> lock --update'},
    {description: 'Update one package and leave the rest', command: '<%= config.bin %> lock --update openssl'},
  ]
  static override flags = {
    ...projectsFlags,
    update: Flags.boolean({description: 'Resolve pinned packages again.', default: false}),
    'allow-downgrade': Flags.boolean({
      description: 'Accept versions earlier than the pinned ones; they are listed in red.',
      default: false,
    }),
  }

  async run() {
    const {argv, flags} = await this.parse(Lock)
    const names = argv.map(String)
    if (names.length > 0 && !flags.update) {
      throw new HaosError('INPUT_INVALID', `unexpected arguments: ${names.join(' ')}`, {
        hint: `Run \`lock --update ${names.join(' ')}\` to update pinned packages.`,
        at: 'lock',
      })
    }
    const lockfiles = await lockProjects(await this.loadAll(flags), this.workshop(flags), {
      update: names.length > 0 ? names : flags.update,
      allowDowngrade: flags['allow-downgrade'],
    })
    return {type: 'result', sets: lockfiles.flatMap(({sets}) => Object.keys(sets))}
  }
}
