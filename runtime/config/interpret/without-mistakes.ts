import type {KeyPath} from '../problem.ts'
import type {Raw} from '../raw.ts'
import type {Interpreted, Value} from './interpret-value.ts'
import type {SourceReport} from './source-report.ts'

/** Fields whose later items may rely on the earlier ones. */
const inOrder: ReadonlySet<string> = new Set(['init_cmd', 'boot_cmd', 'run_cmd'])

/** Fields whose meaning changes without one of their items. */
const indivisible: ReadonlySet<string> = new Set(['k3s_args'])

export interface FieldPlace {
  /** Name of the field in NodeConfig. */
  readonly field: string
  /** Its path in the source. */
  readonly path: KeyPath
}

/**
 * The value of a field without its mistakes, or undefined if nothing is left, so that the value of earlier sources
 * stays.
 *
 * A list of commands is cut at its first mistake. Arguments are kept only if none is a mistake.
 */
export function withoutMistakes(
  {value, kept = [], mistaken = []}: Interpreted,
  raw: Raw,
  {field, path}: FieldPlace,
  report: SourceReport,
): Pick<Interpreted, 'value' | 'kept'> | undefined {
  const places = new Set(mistaken)
  if (places.has(undefined)) return undefined
  if (typeof value !== 'object' || value === null) return {value}
  const written = sizeOf(raw)
  if (!isList(value)) {
    const entries = Object.entries(value).filter(([key]) => !places.has(key))
    return entries.length === 0 && written > 0 ? undefined : {value: Object.fromEntries(entries)}
  }
  const isLeft = (_: unknown, index: number) => !places.has(index)
  const left = {value: value.filter(isLeft), kept: kept.filter(isLeft)}
  if (left.kept.length === written) return left
  if (!inOrder.has(field)) return left.kept.length === 0 || indivisible.has(field) ? undefined : left
  const found = left.kept.findIndex((place, index) => place !== index)
  const count = found < 0 ? left.kept.length : found
  if (count + 1 < written)
    report.add([...path, count + 1], 'and later commands are not run, since they may rely on the one before', {
      hint: 'Correct that one.',
    })
  return {value: left.value.slice(0, count), kept: left.kept.slice(0, count)}
}

const isList = (value: Value): value is readonly Value[] => Array.isArray(value)

/** The number of items or keys in the source; a text is a list of one. */
const sizeOf = (raw: Raw): number =>
  raw.kind === 'text' ? 1 : raw.kind === 'list' ? raw.items.length : raw.entries.length
