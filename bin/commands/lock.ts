import {Args, Flags} from '@oclif/core'
import {HaosError} from '#dsl'
import {lockProjects} from '#image'
import {ProjectCommand, projectsFlags} from '../project-command.ts'

export default class Lock extends ProjectCommand {
  static override summary = 'Pin every package of the recipe in haos.lock.json.'
  static override description =
    'Resolves what is not pinned yet, or with --update everything or the named packages, and shows what changed as a list of packages. What is built from the same source as a named package goes with it.'
  static override strict = false
  static override args = {
    package: Args.string({ignoreStdin: true, description: 'Packages to update, with --update. Default: all.'}),
  }
  static override examples = [
    {description: 'Complete the lock after a change of the recipe', command: '<%= config.bin %> lock'},
    {description: "Take today's versions of everything", command: '<%= config.bin %> lock --update'},
    {description: 'Take a fixed package and leave the rest', command: '<%= config.bin %> lock --update openssl'},
  ]
  static override flags = {
    ...projectsFlags,
    update: Flags.boolean({description: 'Resolve again what is pinned already.', default: false}),
    'allow-downgrade': Flags.boolean({
      description: 'Accept earlier versions than those that are pinned, which are named in red.',
      default: false,
    }),
  }

  async run() {
    const {argv, flags} = await this.parse(Lock)
    const names = argv.map(String)
    if (names.length > 0 && !flags.update) {
      throw new HaosError('INPUT_INVALID', `nothing is to be done with ${names.join(' ')}`, {
        hint: `Say \`lock --update ${names.join(' ')}\` to update packages that are pinned.`,
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
