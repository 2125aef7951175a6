import {type $ZodType, safeParse} from 'zod/v4/core'
import type {KeyPath} from '../problem.ts'
import type {Interpreted} from './interpret-value.ts'
import type {SourceReport} from './source-report.ts'

/** Reports every rule of the schema that a value breaks, and marks the parts of the value that do. */
export function checkField(
  schema: $ZodType,
  interpreted: Interpreted,
  path: KeyPath,
  report: SourceReport,
): Interpreted {
  const {value, kept, mistaken = []} = interpreted
  const result = safeParse(schema, value)
  if (result.success) return interpreted
  const places = new Set<PropertyKey | undefined>(mistaken)
  for (const issue of result.error.issues) {
    const place = [...path, ...placeInSource(issue.path, kept)]
    for (const rule of issue.code === 'invalid_key' ? issue.issues : [issue]) {
      // Types were checked before, so a wrong type here means that the value is missing.
      const missing = rule.code === 'invalid_type'
      const {hint, isApplied} = (rule.code === 'custom' ? rule.params : undefined) ?? {}
      report.add(place, missing ? 'is missing' : rule.message, {
        hint: typeof hint === 'string' ? hint : missing ? 'Give it a value.' : undefined,
        isApplied: isApplied === true,
      })
      if (isApplied !== true) places.add(issue.path[0])
    }
  }
  return {...interpreted, mistaken: places}
}

/** The path with the item numbers of the source: the list lacks the items that could not be read. */
function placeInSource(path: readonly PropertyKey[], kept: readonly number[] | undefined): KeyPath {
  const [first, ...rest] = path.map((key) => (typeof key === 'number' ? key : String(key)))
  if (first === undefined) return []
  return [typeof first === 'number' ? (kept?.[first] ?? first) : first, ...rest]
}
