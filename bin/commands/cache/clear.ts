import {Flags} from '@oclif/core'
import {defaultStoreDirectory, pruneCache} from '#engine'
import {BaseCommand} from '../../base-command.ts'
import {renderPrune} from '../../render-prune.ts'

export default class CacheClear extends BaseCommand {
  static override summary = 'Empty the store.'
  static override description =
    'The next build downloads and builds everything. Files that a running build uses are kept.'
  static override examples = [{description: 'Everything', command: '<%= config.bin %> cache clear'}]
  static override flags = {'dry-run': Flags.boolean({description: 'Only show what would be removed.'})}

  async run() {
    const {flags} = await this.parse(CacheClear)
    const result = await pruneCache(defaultStoreDirectory(), {dryRun: flags['dry-run']})
    if (!this.jsonEnabled()) process.stdout.write(renderPrune(result, flags['dry-run']))
    return {type: 'result', ...result}
  }
}
