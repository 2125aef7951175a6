import {Flags} from '@oclif/core'
import {defaultStoreDirectory, pruneCache} from '#engine'
import {parseSize} from '#machine'
import {BaseCommand} from '../../base-command.ts'
import {renderPrune} from '../../render-prune.ts'

const dayMs = 24 * 60 * 60_000

export default class CachePrune extends BaseCommand {
  static override summary = 'Remove from the store what no build has used for some time.'
  static override description =
    'Whatever goes is made or downloaded again when it is wanted. What a running build uses stays.'
  static override examples = [
    {description: 'What was not used for a month', command: '<%= config.bin %> cache prune'},
    {description: 'Down to 5 GiB, least recently used first', command: '<%= config.bin %> cache prune --max-size 5G'},
  ]
  static override flags = {
    days: Flags.integer({min: 0, description: 'Days without use. Default: 30, unless --max-size is given.'}),
    'max-size': Flags.string({description: 'Size to come down to, such as 5G.'}),
    'dry-run': Flags.boolean({description: 'Only say what would go.'}),
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
