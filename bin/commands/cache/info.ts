import prettyBytes from 'pretty-bytes'
import {type CacheInfo, cacheInfo, defaultStoreDirectory} from '#engine'
import {BaseCommand} from '../../base-command.ts'

export default class CacheInfoCommand extends BaseCommand {
  static override summary = "Show the store's directory, and its size by kind of content."
  static override examples = [{description: 'As a table', command: '<%= config.bin %> cache info'}]

  async run() {
    await this.parse(CacheInfoCommand)
    const info = cacheInfo(defaultStoreDirectory())
    if (!this.jsonEnabled()) process.stdout.write(renderInfo(info))
    return {type: 'result', ...info}
  }
}

function renderInfo({directory, sizeBytes, builds, shares}: CacheInfo): string {
  const lines = shares.map(
    ({kind, files, sizeBytes: share}) =>
      `${kind.padEnd(10)} ${String(files).padStart(6)} files ${prettyBytes(share).padStart(9)}`,
  )
  const atWork = builds === 0 ? '' : `, ${builds} ${builds === 1 ? 'build is' : 'builds are'} at work`
  return [`${directory}: ${prettyBytes(sizeBytes)}${atWork}`, ...lines, ''].join('\n')
}
