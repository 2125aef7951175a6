import type {$ZodType} from 'zod/v4/core'
import {NodeConfig, publicName} from '#dsl'
import type {KeyPath} from '../problem.ts'
import type {Raw} from '../raw.ts'
import {checkField} from './check-field.ts'
import {interpretValue, reportTwice, type Value} from './interpret-value.ts'
import {type Shape, shapeOf} from './shape.ts'
import {type SourceReport, TooMuchError} from './source-report.ts'
import {reportUnknownKey} from './unknown-key.ts'
import {withoutMistakes} from './without-mistakes.ts'

/** The value that a source sets for one field. The path is that of NodeConfig; null unsets what earlier sources set. */
export interface Statement {
  readonly path: readonly string[]
  /** Without what is a mistake; undefined if nothing is left. */
  readonly value: Value | undefined
  /** As it is written, as far as it could be read. */
  readonly written: Value
  /** Of a list, the number that each item of the value has in the source. */
  readonly kept?: readonly number[] | undefined
}

/** Converts the content of a source to statements, and reports what cannot be converted. */
export function interpretSource(root: Raw | undefined, report: SourceReport): readonly Statement[] {
  if (root === undefined || (root.kind === 'text' && root.isNull)) return []
  try {
    if (root.kind === 'map') return interpretSection(NodeConfig._zod.def.shape, root, {path: [], shown: []}, report)
    report.add([], `must be a map, not a ${root.kind}`, {
      hint: 'Write "KEY: VALUE" on each line, such as "hostname: node1".',
      at: root.at,
    })
  } catch (error) {
    if (!(error instanceof TooMuchError)) throw error
    report.add([], error.message, {hint: 'Write the values out, without aliases of aliases.'})
  }
  return []
}

/** The path of a section, in the names of NodeConfig and in those of the file. */
interface Place {
  readonly path: readonly string[]
  readonly shown: KeyPath
}

function interpretSection(
  fields: Readonly<Record<string, $ZodType>>,
  raw: Raw & {readonly kind: 'map'},
  {path, shown}: Place,
  report: SourceReport,
): readonly Statement[] {
  report.visit(shown, raw)
  const names = report.namesOf(fields)
  const said = new Map<string, readonly Statement[]>()
  for (const {key, value, at} of raw.entries) {
    const field = names.get(key.toLowerCase())
    const schema = field === undefined ? undefined : fields[field]
    if (field === undefined || schema === undefined) {
      reportUnknownKey({path: shown, key, at, names}, report)
      continue
    }
    const place = {path: [...path, field], shown: [...shown, publicName(field, report.identity)]}
    const statements = interpretField(schema, value, place, report)
    if (statements === undefined) continue
    if (said.has(field)) reportTwice(place.shown, key, at, report)
    said.set(field, statements)
  }
  return [...said.values()].flat()
}

function interpretField(
  schema: $ZodType,
  raw: Raw,
  place: Place,
  report: SourceReport,
): readonly Statement[] | undefined {
  const shape = shapeOf(schema)
  if (shape.kind === 'sections' && raw.kind === 'map') return interpretSections(shape, raw, place, report)
  if (shape.kind === 'section' || shape.kind === 'sections') {
    if (shape.kind === 'section' && raw.kind === 'map') return interpretSection(shape.fields, raw, place, report)
    // An empty section sets nothing: it must not erase what earlier files set.
    if (raw.kind === 'text' && raw.isNull) return undefined
    report.visit(place.shown, raw)
    report.add(place.shown, `must be a map, not a ${raw.kind}`, {
      hint: report.isCmdline ? 'Write a dot and a key after it.' : 'Write keys below it, or remove it.',
    })
    return undefined
  }
  const interpreted = interpretValue(schema, raw, place.shown, report)
  if (interpreted === undefined) return undefined
  const checked = interpreted.value === null ? interpreted : checkField(schema, interpreted, place.shown, report)
  const left = withoutMistakes(checked, raw, {field: place.path.at(-1) ?? '', path: place.shown}, report)
  return [{path: place.path, written: interpreted.value, value: left?.value, kept: left?.kept}]
}

/** Sections by name. An empty one counts: its name says that it exists. */
function interpretSections(
  {name, section}: Shape & {readonly kind: 'sections'},
  raw: Raw & {readonly kind: 'map'},
  {path, shown}: Place,
  report: SourceReport,
): readonly Statement[] {
  report.visit(shown, raw)
  const said = new Set<string>()
  return raw.entries.flatMap(({key, value, at}): readonly Statement[] => {
    if (said.has(key)) reportTwice([...shown, key], key, at, report)
    said.add(key)
    const place = {path: [...path, key], shown: [...shown, key]}
    const {mistaken = []} = checkField(name, {value: key}, place.shown, report)
    if ([...mistaken].length > 0) return []
    const exists: Statement = {path: place.path, value: {}, written: {}}
    if (value.kind === 'text' && value.isNull) return [exists]
    return [exists, ...(interpretField(section, value, place, report) ?? [])]
  })
}
