import prettyBytes from 'pretty-bytes'
import {defaultStoreDirectory, type VerifiedCache, verifyCache} from '#engine'
import {BaseCommand} from '../../base-command.ts'

export default class CacheVerify extends BaseCommand {
  static override summary = 'Read all of the store, and remove what is damaged.'
  static override description =
    'A build reads what it uses only if the file has changed since it was read last. This finds also what a disk has lost ' +
    'without a trace. What is removed is made or downloaded again when it is wanted.'
  static override examples = [{description: 'Everything', command: '<%= config.bin %> cache verify'}]

  async run() {
    await this.parse(CacheVerify)
    const found = await verifyCache(defaultStoreDirectory(), this.signal)
    if (!this.jsonEnabled()) process.stdout.write(renderVerified(found))
    return {type: 'result', ...found}
  }
}

function renderVerified({directory, files, sizeBytes, damaged}: VerifiedCache): string {
  const lines = damaged.map((digest) => `✗ ${digest} was damaged, and removed`)
  return [...lines, `${directory}: ${files} files, ${prettyBytes(sizeBytes)} read, ${damaged.length} damaged`, ''].join(
    '\n',
  )
}
