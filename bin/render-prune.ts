import prettyBytes from 'pretty-bytes'
import type {PruneResult} from '#engine'

/** What was, or would be, removed from the store, and what stays. */
export function renderPrune({removed, removedBytes, keptBytes}: PruneResult, dryRun: boolean): string {
  const lines = removed.flatMap(({kind, files, sizeBytes}) =>
    files === 0 ? [] : [`${kind.padEnd(10)} ${String(files).padStart(6)} files ${prettyBytes(sizeBytes).padStart(9)}`],
  )
  const went = `${prettyBytes(removedBytes)} ${dryRun ? 'would go' : 'removed'}, ${prettyBytes(keptBytes)} ${dryRun ? 'would stay' : 'kept'}`
  return [...lines, went, ''].join('\n')
}
