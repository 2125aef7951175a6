import {explainUnknownKey, isBootParameter, type UnknownKey} from '#dsl'
import type {SourceReport} from './source-report.ts'

/** Reports an unknown key, with the key that was probably meant. */
export function reportUnknownKey(
  {at, ...unknown}: UnknownKey & {readonly at?: number | undefined},
  report: SourceReport,
): void {
  const {path, key} = unknown
  // Stage 0 reads it, so it is not a mistake.
  if (report.isCmdline && path.length === 1 && isBootParameter(key)) return
  if (report.isFull) return
  const {message, hint} = explainUnknownKey(unknown, report.identity)
  report.add([...path, key], message, {hint, at})
}
