import {Flags} from '@oclif/core'
import {defaultStoreDirectory, pruneCache} from '#engine'
import {BaseCommand} from '../../base-command.ts'
import {renderPrune} from '../../render-prune.ts'

export default class CacheClear extends BaseCommand {
  static override summary = 'Empty the store.'
  static override description = 'The next build downloads and makes everything. What a running build uses stays.'
  static override examples = [{description: 'Everything', command: '<%= config.bin %> cache clear'}]
  static override flags = {'dry-run': Flags.boolean({description: 'Only say what would go.'})}

  async run() {
    const {flags} = await this.parse(CacheClear)
    const result = await pruneCache(defaultStoreDirectory(), {dryRun: flags['dry-run']})
    if (!this.jsonEnabled()) process.stdout.write(renderPrune(result, flags['dry-run']))
    return {type: 'result', ...result}
  }
}
