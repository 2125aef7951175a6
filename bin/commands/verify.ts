import {basename, relative} from 'node:path'
import {Args, Flags} from '@oclif/core'
import {rebuildProjects} from '#image'
import {parseSize} from '#machine'
import {cloudNames, cloudTarget, diskFileFormats, diskTarget, targets} from '#targets'
import {buildFlags, ProjectCommand} from '../project-command.ts'
import {compareFinished, finishedFiles, refuseDifferences, renderVerified, requireFile} from '../verify-files.ts'

export default class Verify extends ProjectCommand {
  static override summary = 'Build finished files again, and compare every byte.'
  static override description =
    'Builds from the recipe and haos.lock.json in an empty store, which takes as long as a first build without its downloads. The first difference is named down to the file in the layer, and the field or byte of it.'
  static override examples = [
    {description: 'Everything in out/', command: '<%= config.bin %> verify'},
    {description: 'One file', command: '<%= config.bin %> verify out/haos-0.1.0-amd64.iso'},
    {
      description: 'Files that somebody else has built, with the inputs that they name',
      command: '<%= config.bin %> verify ~/Downloads/haos-0.1.0-amd64.iso --set kernel=cloud',
    },
  ]
  static override strict = false
  static override args = {
    file: Args.string({ignoreStdin: true, description: 'Finished files. Default: all that SHA256SUMS in --out names.'}),
  }
  static override flags = {
    ...buildFlags,
    locked: Flags.boolean({hidden: true}),
    size: Flags.string({
      description: 'Size of the disk in disk and cloud images, if it was given to the build.',
      helpValue: 'SIZE',
    }),
  }

  async run() {
    const {argv, flags} = await this.parse(Verify)
    const {out, jobs, size, 'script-silence': silence} = flags
    const sizeBytes = size === undefined ? undefined : parseSize(size)
    const found = argv.length > 0 ? argv.map(String) : await finishedFiles(out)
    for (const path of found) await requireFile(path)
    const nameOf = (path: string) => relative(out, path)
    const isFor = (name: string) => (path: string) => nameOf(path) === name || basename(path) === basename(name)
    const verified = await rebuildProjects(
      await this.loadAll(flags),
      this.workshop(flags),
      {
        targets: [
          ...targets.filter(({kind}) => kind !== 'disk'),
          diskTarget({formats: diskFileFormats, sizeBytes}),
          ...cloudNames.map((name) => cloudTarget(name, {sizeBytes})),
        ],
        wants: (name) => found.some(isFor(name)),
        signers: await this.signers(flags),
        jobs,
        scriptSilenceMs: silence === undefined ? undefined : silence * 60_000,
      },
      (built) => compareFinished(found, (path) => built.find(({name}) => isFor(name)(path)), this.signal),
    )
    if (!this.jsonEnabled()) process.stdout.write(renderVerified(verified))
    refuseDifferences(verified)
    return {type: 'result' as const, files: verified}
  }
}
