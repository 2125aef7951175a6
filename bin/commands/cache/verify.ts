import prettyBytes from 'pretty-bytes'
import {defaultStoreDirectory, type VerifiedCache, verifyCache} from '#engine'
import {BaseCommand} from '../../base-command.ts'

export default class CacheVerify extends BaseCommand {
  static override summary = 'Read the whole store, and remove damaged files.'
  static override description =
    'A build reads a file only if it has changed since the last read. This command also finds silent corruption of the ' +
    'disk. Removed files are built or downloaded again when needed.'
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
