import {EVENT_ID, type Event, getScalarValue, parseEvents, SCALAR_STYLE, type ScalarEvent, YAMLException} from 'js-yaml'
import {decodeBase64} from '../../text/base64.ts'
import {decodeUtf8} from '../../text/utf8.ts'
import {reasonOf} from '../problem.ts'
import type {Raw, RawEntry, RawText} from '../raw.ts'
import {firstDocument} from './first-document.ts'
import {MergeKeys, TooManyMergesError} from './merge-keys.ts'

/** Why a document, or a part of it, could not be read. */
export interface YamlProblem {
  readonly at: number
  readonly message: string
  readonly hint: string
  /** The rest of the document counts as it is. */
  readonly isApplied?: boolean
}

export interface ParsedYaml {
  /** Undefined when the document is empty, or cannot be read at all. */
  readonly root: Raw | undefined
  readonly problems: readonly YamlProblem[]
}

/**
 * Reads the first document of a YAML 1.2 stream as written: texts are not converted to numbers, dates or booleans.
 *
 * Works on the parser's events, since only they still have the spelling and the offset of a scalar.
 */
export function parseYaml(stream: string): ParsedYaml {
  const {text, nextAt} = firstDocument(stream)
  const builder = new TreeBuilder(text)
  if (nextAt !== undefined)
    builder.problems.push({
      at: nextAt,
      message: 'is a second document, which is not read',
      hint: 'Put everything into one document.',
      isApplied: true,
    })
  try {
    return {root: builder.build(parseEvents(text, {})), problems: builder.problems}
  } catch (error) {
    if (error instanceof TooManyMergesError) {
      builder.report(0, error.message, 'Write out the keys, or merge fewer maps into each other.')
      return {root: undefined, problems: builder.problems}
    }
    const at = error instanceof YAMLException ? (error.mark?.position ?? 0) : 0
    const reason = shortReason(error instanceof YAMLException ? error.reason : reasonOf(error))
    builder.report(at, `is not valid YAML: ${reason}`, syntaxHint(text, at))
    return {root: undefined, problems: builder.problems}
  }
}

/**
 * The reason without the text that the parser quotes after a colon: that may be the rest of the file, passwords
 * included.
 */
const shortReason = (reason: string): string => reason.replace(/:\s[\s\S]*$|\n[\s\S]*$/, '').replace(/\s*\.?\s*$/, '')

function syntaxHint(text: string, at: number): string {
  const line = text.slice(text.lastIndexOf('\n', Math.max(0, at - 1)) + 1, at + 1)
  if (/^\s*\t/.test(line)) return 'Indent with blanks instead of tabs.'
  if (/[%@`]/.test(text.charAt(at))) return 'Put the text in quotes: YAML reserves the character that it begins with.'
  return 'Look at the indentation and the quotes there and in the line before.'
}

type Open = {kind: 'list'; items: Raw[]; at: number} | {kind: 'map'; entries: RawEntry[]; at: number; key?: Raw}

/** Builds a tree from the parser's events. An alias refers to the node that it names, so it costs nothing here. */
class TreeBuilder {
  readonly problems: YamlProblem[] = []
  readonly #text: string
  readonly #anchors = new Map<string, Raw>()
  readonly #merges = new MergeKeys()
  readonly #open: {node: Open; anchor: string | undefined}[] = []
  #root: Raw | undefined

  constructor(text: string) {
    this.#text = text
  }

  report(at: number, message: string, hint: string): void {
    this.problems.push({at, message, hint})
  }

  build(events: readonly Event[]): Raw | undefined {
    for (const event of events) this.#take(event)
    return this.#root
  }

  #take(event: Event): void {
    switch (event.type) {
      case EVENT_ID.SCALAR: {
        const scalar = this.#scalar(event)
        this.#name(this.#range(event.anchorStart, event.anchorEnd), scalar)
        this.#add(scalar)
        break
      }
      case EVENT_ID.ALIAS:
        this.#add(this.#aliased(this.#range(event.anchorStart, event.anchorEnd) ?? '', event.anchorStart))
        break
      case EVENT_ID.SEQUENCE:
      case EVENT_ID.MAPPING: {
        const anchor = this.#range(event.anchorStart, event.anchorEnd)
        const node: Open =
          event.type === EVENT_ID.MAPPING
            ? {kind: 'map', entries: [], at: event.start}
            : {kind: 'list', items: [], at: event.start}
        this.#open.push({node, anchor})
        break
      }
      case EVENT_ID.POP: {
        const closed = this.#open.pop()
        if (closed === undefined) break
        const {node, anchor} = closed
        const done: Raw = node.kind === 'map' ? {...node, entries: this.#merges.merge(node.entries)} : node
        this.#name(anchor, done)
        this.#add(done)
      }
    }
  }

  #range(start: number, end: number): string | undefined {
    return start < 0 ? undefined : this.#text.slice(start, end)
  }

  #name(anchor: string | undefined, node: Raw): void {
    if (anchor !== undefined) this.#anchors.set(anchor, node)
  }

  #aliased(anchor: string, at: number): Raw {
    const node = this.#anchors.get(anchor)
    if (node !== undefined) return node
    const damage = {
      message: 'is an alias without an anchor above it',
      hint: 'Write the anchor, such as "&name", above the alias.',
    }
    return {kind: 'text', text: '', damage, at}
  }

  #add(node: Raw): void {
    const parent = this.#open.at(-1)?.node
    if (parent === undefined) this.#root ??= node
    else if (parent.kind === 'list') parent.items.push(node)
    else if (parent.key === undefined) parent.key = node
    else {
      const {key} = parent
      delete parent.key
      if (key.kind === 'text' && key.damage) this.report(key.at ?? parent.at, key.damage.message, key.damage.hint)
      else if (key.kind === 'text') parent.entries.push({key: key.text, value: node, at: key.at ?? parent.at})
      else this.report(key.at ?? parent.at, 'has a list or a map as a key', 'Write a plain word as the key.')
    }
  }

  #scalar(event: ScalarEvent): RawText {
    const text = getScalarValue(this.#text, event)
    const tag = this.#range(event.tagStart, event.tagEnd)
    const at = event.valueStart < 0 ? this.#emptyAt(event) : event.valueStart
    const place = {at, ...(event.valueEnd >= 0 && {end: event.valueEnd})}
    if (tag !== undefined && /^(?:!!|!<tag:yaml\.org,2002:)binary>?$/.test(tag)) return this.#binary(text, place)
    const plain = event.style === SCALAR_STYLE.PLAIN && (tag === undefined || /null>?$/.test(tag))
    return plain && /^(?:~|null|Null|NULL)?$/.test(text)
      ? {kind: 'text', text, isNull: true, ...place}
      : {kind: 'text', text, ...place}
  }

  /** An empty value has no offset: use that of its tag or anchor, or of its parent. */
  #emptyAt(event: ScalarEvent): number {
    return Math.max(event.tagStart, event.anchorStart, this.#open.at(-1)?.node.at ?? 0)
  }

  #binary(text: string, place: Pick<RawText, 'at' | 'end'>): RawText {
    try {
      const bytes = decodeBase64(text.replace(/\s/g, ''))
      const decoded = decodeUtf8(bytes)
      return decoded.includes('\uFFFD')
        ? {kind: 'text', text: '', bytes, ...place}
        : {kind: 'text', text: decoded, ...place}
    } catch {
      const damage = {message: 'is marked as !!binary, but is not base64', hint: 'Use what `base64 FILE` prints.'}
      return {kind: 'text', text: '', damage, ...place}
    }
  }
}
