import {type $ZodType, safeParse} from 'zod/v4/core'
import type {KeyPath} from '../problem.ts'
import type {Interpreted} from './interpret-value.ts'
import type {SourceReport} from './source-report.ts'

/** Reports every rule of the schema that a value breaks. The value is kept: each applier refuses what it cannot use. */
export function checkField(schema: $ZodType, {value, kept}: Interpreted, path: KeyPath, report: SourceReport): void {
  const result = safeParse(schema, value)
  if (result.success) return
  for (const issue of result.error.issues) {
    const place = [...path, ...placeInSource(issue.path, kept)]
    for (const broken of issue.code === 'invalid_key' ? issue.issues : [issue]) {
      // Types were checked before, so a wrong type here means that the value is missing.
      const missing = broken.code === 'invalid_type'
      const hint = broken.code === 'custom' ? broken.params?.['hint'] : undefined
      report.add(place, missing ? 'is missing' : broken.message, {
        hint: typeof hint === 'string' ? hint : missing ? 'Give it a value.' : undefined,
      })
    }
  }
}

/** The path with the item numbers of the source: the list lacks the items that could not be read. */
function placeInSource(path: readonly PropertyKey[], kept: readonly number[] | undefined): KeyPath {
  const [first, ...rest] = path.map((key) => (typeof key === 'number' ? key : String(key)))
  if (first === undefined) return []
  return [typeof first === 'number' ? (kept?.[first] ?? first) : first, ...rest]
}
