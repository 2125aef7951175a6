import {Flags} from '@oclif/core'
import {defaultStoreDirectory, pruneCache} from '#engine'
import {parseSize} from '#machine'
import {BaseCommand} from '../../base-command.ts'
import {renderPrune} from '../../render-prune.ts'

const dayMs = 24 * 60 * 60_000

export default class CachePrune extends BaseCommand {
  static override summary = 'Remove everything from the store that no build has used recently.'
  static override description =
    'Removed files are built or downloaded again when needed. Files that a running build uses are kept.'
  static override examples = [
    {description: 'Everything unused for a month', command: '<%= config.bin %> cache prune'},
    {description: 'Down to 5 GiB, least recently used first', command: '<%= config.bin %> cache prune --max-size 5G'},
  ]
  static override flags = {
    days: Flags.integer({min: 0, description: 'Days without use. Default: 30, unless --max-size is given.'}),
    'max-size': Flags.string({description: 'Maximum size of the store, such as 5G.'}),
    'dry-run': Flags.boolean({description: 'Only show what would be removed.'}),
  }

  async run() {
    const {flags} = await this.parse(CachePrune)
    const maxSize = flags['max-size']
    const days = flags.days ?? (maxSize === undefined ? 30 : undefined)
    const result = await pruneCache(defaultStoreDirectory(), {
      ...(days !== undefined && {unusedMs: days * dayMs}),
      ...(maxSize !== undefined && {maxBytes: parseSize(maxSize)}),
      dryRun: flags['dry-run'],
    })
    if (!this.jsonEnabled()) process.stdout.write(renderPrune(result, flags['dry-run']))
    return {type: 'result', ...result}
  }
}
