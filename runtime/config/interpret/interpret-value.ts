import type {$ZodType} from 'zod/v4/core'
import {publicName, shellQuote} from '#dsl'
import {encodeBase64} from '../../text/encode-base64.ts'
import type {KeyPath} from '../problem.ts'
import type {Raw, RawMap} from '../raw.ts'
import {checkContent} from './check-content.ts'
import {checkOwner} from './check-owner.ts'
import {shapeOf} from './shape.ts'
import type {SourceReport} from './source-report.ts'
import {reportUnknownKey} from './unknown-key.ts'

/** The value that a source sets for a field; null unsets what an earlier source set. */
export type Value = string | boolean | null | readonly Value[] | {readonly [key: string]: Value}

/** An interpreted value. */
export interface Interpreted {
  readonly value: Value
  /** The index in the source of each item of a list. */
  readonly kept?: readonly number[] | undefined
  /** The items or keys of the value that are mistakes; undefined stands for the whole value. Default: none. */
  readonly mistaken?: Iterable<PropertyKey | undefined>
}

/**
 * Converts a raw value to the type that the schema requires, or reports why that is impossible and returns undefined.
 */
export function interpretValue(
  schema: $ZodType,
  raw: Raw,
  path: KeyPath,
  report: SourceReport,
): Interpreted | undefined {
  report.visit(path, raw)
  const shape = shapeOf(schema)
  if (raw.kind === 'text' && raw.isNull && shape.kind !== 'section') return {value: null}
  switch (shape.kind) {
    case 'text':
      return interpretText(raw, path, report)
    case 'flag':
      return wrap(interpretFlag(raw, path, report))
    case 'texts':
    // Only sections have named sections, and those are statements of their own.
    case 'sections':
      return interpretTexts(raw, path, report)
    case 'list':
      return interpretList(shape.item, raw, path, report)
    case 'section':
      return interpretItem(shape.fields, asMap(raw, shape.short), path, report)
  }
}

const wrap = (value: Value | undefined): Interpreted | undefined => (value === undefined ? undefined : {value})

const isMistaken = ({mistaken = []}: Interpreted): boolean => new Set(mistaken).has(undefined)

/** The text of a value as written: `0644` and `1_000` stay literal. */
function interpretText(
  raw: Raw,
  path: KeyPath,
  report: SourceReport,
): (Interpreted & {readonly value: string}) | undefined {
  const single = lastOfRepeated(raw, path, report)
  const command = commandOf(single, path)
  if (command !== undefined) return {value: command}
  if (single.kind !== 'text') {
    report.add(path, `must be one text, not a ${single.kind}`, {
      hint: single.kind === 'map' ? 'Put it in quotes if it is a text that holds ": ".' : 'Give it one value.',
    })
    return undefined
  }
  if (single.bare) {
    report.add(path, 'has no value', {hint: 'Write "=" and the value after the key.'})
    return {value: single.text, mistaken: [undefined]}
  }
  if (single.damage !== undefined) {
    report.add(path, single.damage.message, {hint: single.damage.hint})
    return undefined
  }
  if (single.bytes !== undefined) {
    report.add(path, 'must be text, not binary data', {hint: 'Only the content of files may be binary.'})
    return undefined
  }
  if (report.damaged && single.text.includes('\uFFFD')) {
    report.add(path, 'is not valid UTF-8', {hint: 'Save the file as UTF-8, or write the value as !!binary.'})
    return undefined
  }
  if (loneSurrogate.test(single.text)) {
    report.add(path, 'holds half of a surrogate pair, which is no character', {hint: 'Write the character itself.'})
    return undefined
  }
  if (report.isCmdline && single.text.startsWith("'")) {
    report.add(path, 'begins with a single quote, which does not quote on the kernel command line', {
      hint: 'Use double quotes: KEY="two words".',
    })
    return {value: single.text, mistaken: [undefined]}
  }
  return {value: single.text}
}

/** A command as a list of its words, as cloud-init has it: the shell gets each as it is. */
function commandOf(raw: Raw, [field, ...rest]: KeyPath): string | undefined {
  if (raw.kind !== 'list' || rest.length !== 1 || !commandFields.has(String(field)) || raw.items.length === 0)
    return undefined
  const words = raw.items.flatMap((item) => (item.kind === 'text' && item.damage === undefined ? [item.text] : []))
  return words.length === raw.items.length ? words.map(shellQuote).join(' ') : undefined
}

const commandFields: ReadonlySet<string> = new Set(['init_cmd', 'boot_cmd', 'run_cmd'])

/** No bytes of UTF-8 stand for one (Unicode, section 3.9). */
const loneSurrogate = /\p{Surrogate}/u

/** A repeated kernel parameter is a list; where one value is expected, the last one counts. */
function lastOfRepeated(raw: Raw, path: KeyPath, report: SourceReport): Raw {
  if (raw.kind !== 'list' || !raw.repeated) return raw
  report.add(path, 'is given more than once; the last counts', {hint: 'Give it once.', isApplied: true})
  return raw.items.at(-1) ?? raw
}

const flagTexts: ReadonlyMap<string, boolean> = new Map(
  [true, false].flatMap((flag) =>
    (flag ? ['true', 'yes', 'on', 'y', '1'] : ['false', 'no', 'off', 'n', '0']).map((text) => [text, flag]),
  ),
)

function interpretFlag(raw: Raw, path: KeyPath, report: SourceReport): boolean | undefined {
  const single = lastOfRepeated(raw, path, report)
  const flag = single.kind === 'text' ? flagTexts.get(single.text.trim().toLowerCase()) : undefined
  if (flag === undefined) report.add(path, 'must be true or false', {hint: 'Write "true" or "false".'})
  return flag
}

function interpretList(item: $ZodType, raw: Raw, path: KeyPath, report: SourceReport): Interpreted | undefined {
  const shape = shapeOf(item)
  const ofTexts = shape.kind === 'text' || (shape.kind === 'section' && shape.short !== undefined)
  if (raw.kind === 'map' || (!ofTexts && (raw.kind === 'text' || raw.repeated))) {
    report.add(path, `must be a list${ofTexts ? '' : ' of maps'}`, {
      hint: report.isCmdline
        ? 'Write it in a config.yaml: the kernel command line has no form for it.'
        : 'Begin each item with "- ".',
    })
    return undefined
  }
  const items = raw.kind === 'list' ? raw.items : [raw]
  const values: Value[] = []
  const kept: number[] = []
  const mistaken: number[] = []
  for (const [index, each] of items.entries()) {
    const one = interpretValue(item, each, [...path, index], report)
    if (one === undefined) continue
    if (isMistaken(one)) mistaken.push(values.length)
    // An item of which nothing is written is an empty text or map; the schema's rules say whether it may be.
    values.push(one.value ?? (shape.kind === 'text' ? '' : {}))
    kept.push(index)
  }
  return {value: values, kept, mistaken}
}

/** A map of texts. Maps in it stand for dotted keys: `kernel: {printk: 4}` is `kernel.printk: 4`. */
function interpretTexts(raw: Raw, path: KeyPath, report: SourceReport): Interpreted | undefined {
  if (raw.kind !== 'map') {
    report.add(path, 'must be a map, each key with its value', {
      hint: report.isCmdline ? 'Write [KEY]=VALUE after it.' : 'Write "KEY: VALUE", one on each line.',
    })
    return undefined
  }
  const texts = new Map<string, string>()
  const mistaken = new Set<string>()
  for (const {key, value, at} of dotted(raw, path, report)) {
    const inside = [...path, key]
    const text = interpretText(firstOfList(value, inside, report), inside, report)
    if (text === undefined) continue
    if (loneSurrogate.test(key)) {
      report.add(path, 'has a key with half of a surrogate pair, which is no character', {
        hint: 'Write the character itself.',
        at,
      })
      continue
    }
    if (texts.has(key))
      report.add(inside, 'is given more than once; the last counts', {hint: 'Give it once.', at, isApplied: true})
    texts.set(key, value.kind === 'text' && value.isNull ? '' : text.value.trim())
    if (isMistaken(text)) mistaken.add(key)
    else mistaken.delete(key)
  }
  return {value: Object.fromEntries(texts), mistaken}
}

function firstOfList(raw: Raw, path: KeyPath, report: SourceReport): Raw {
  if (raw.kind !== 'list' || raw.repeated) return raw
  report.add(path, 'must be one text, not a list; the first item counts', {hint: 'Give it one value.', isApplied: true})
  return raw.items[0] ?? {kind: 'text', text: ''}
}

interface TextEntry {
  readonly key: string
  readonly value: Raw
  readonly at?: number | undefined
}

function dotted({entries}: RawMap, path: KeyPath, report: SourceReport, prefix = ''): readonly TextEntry[] {
  return entries.flatMap(({key, value, at}): readonly TextEntry[] => {
    const name = prefix + key
    report.visit([...path, name], value)
    if (value.kind !== 'map') return [{key: name, value, at}]
    return dotted(value, path, report, `${name}.`)
  })
}

/** One text in place of a map, as a map with that field. */
const asMap = (raw: Raw, field: string | undefined): Raw =>
  field === undefined || raw.kind !== 'text' || raw.isNull
    ? raw
    : {kind: 'map', entries: [{key: field, value: raw}], ...(raw.at !== undefined && {at: raw.at})}

/** An item of a list of maps. One unreadable or unknown field drops the whole item: half a file is worse than none. */
function interpretItem(
  fields: Readonly<Record<string, $ZodType>>,
  raw: Raw,
  path: KeyPath,
  report: SourceReport,
): Interpreted | undefined {
  if (raw.kind === 'text' && raw.isNull) return {value: {}}
  if (raw.kind !== 'map') {
    report.add(path, `must be a map with the keys ${Object.keys(fields).join(', ')}`, {
      hint: 'Write "KEY: VALUE", one on each line.',
    })
    return undefined
  }
  const names = report.namesOf(fields)
  const item = new Map<string, Value>()
  let readable = true
  let right = true
  let isBinary = false
  for (const {key, value, at} of raw.entries) {
    const field = names.get(key.toLowerCase())
    const schema = field === undefined ? undefined : fields[field]
    if (field === undefined || schema === undefined) {
      reportUnknownKey({path, key, at, names}, report)
      right = false
      continue
    }
    const inside = [...path, publicName(field, report.identity)]
    if (item.has(field)) reportTwice(inside, key, at, report)
    const bytes = field === 'content' && value.kind === 'text' ? value.bytes : undefined
    if (bytes) report.visit(inside, value)
    const one: Interpreted | undefined = bytes
      ? {value: encodeBase64(bytes)}
      : interpretValue(schema, value, inside, report)
    if (field === 'content') isBinary = bytes !== undefined
    if (one === undefined) readable = false
    else if (one.value !== null || shapeOf(schema).kind === 'text') item.set(field, one.value ?? '')
    else item.delete(field)
    if (one && isMistaken(one)) right = false
  }
  if (!readable) return undefined
  // What was binary is base64 now, and the encoding must say so.
  if (isBinary) item.set('encoding', `${compressionOf(item.get('encoding'))}b64`)
  right = checkContent(item, path, report) && checkOwner(item, path, report) && right
  return {value: Object.fromEntries(item), mistaken: right ? [] : [undefined]}
}

const compressionOf = (encoding: Value | undefined): string =>
  typeof encoding === 'string' && /^gz/i.test(encoding) ? 'gz+' : ''

/** Reports a key that is given twice, in the same or in another spelling; the last one counts. */
export const reportTwice = (path: KeyPath, key: string, at: number | undefined, report: SourceReport): void =>
  report.add(path, `is given more than once; the last counts, written "${key}"`, {
    hint: 'Give it once.',
    at,
    isApplied: true,
  })
