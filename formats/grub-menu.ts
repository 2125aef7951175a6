import {quoteGrubWord} from '#layout'
import {type GrubCommand, type GrubWord, readGrubScript, unquoteGrubWord} from './grub-script.ts'

/** A GRUB menu as text, with the lines that start a kernel parsed. Everything else stays as written. */
export interface GrubMenu {
  /** Number of the default entry, from 0; undefined if the menu does not name it by number. */
  readonly default: number | undefined
  readonly timeoutSeconds: number | undefined
  readonly entries: readonly GrubEntry[]
}

/** What one entry of a GRUB menu boots. */
export interface GrubEntry {
  readonly title: string
  /** Path of the kernel, as GRUB sees it. */
  readonly kernel: string | undefined
  readonly initrd: string | undefined
  /** Kernel arguments, without GRUB's quotes. */
  readonly arguments: readonly string[]
}

const LINUX = /^linux(?:16|efi)?$/
const INITRD = /^initrd(?:16|efi)?$/

/** Reads a menu: its entries, the values of `default` and `timeout`, and the commands `linux` and `initrd`. */
export function parseGrubMenu(text: string): GrubMenu {
  const commands = readGrubScript(text)
  return {
    default: numberOf('default', commands),
    timeoutSeconds: numberOf('timeout', commands),
    entries: entriesOf(commands).map(({title, commands: own}): GrubEntry => {
      const argumentsOf = (pattern: RegExp) =>
        own
          .find(({words: [name]}) => pattern.test(name.text))
          ?.words.slice(1)
          .map((word) => unquoteGrubWord(word.text)) ?? []
      const [kernel, ...words] = argumentsOf(LINUX)
      const [initrd] = argumentsOf(INITRD)
      return {title, kernel, initrd, arguments: words}
    }),
  }
}

/**
 * Reads the entry that GRUB would boot by default; undefined if the menu has none.
 *
 * Words that GRUB would replace (`$extra_cmdline`) are left out.
 */
export function parseDefaultEntry(text: string): GrubEntry | undefined {
  const menu = parseGrubMenu(text)
  const entry = menu.entries[menu.default ?? 0]
  return entry && {...entry, arguments: entry.arguments.filter((word) => !word.includes('$'))}
}

/** Changes to a menu. */
export interface GrubMenuChanges {
  readonly default?: number | undefined
  readonly timeoutSeconds?: number | undefined
  /** Maps the kernel arguments of an entry to new ones. */
  readonly arguments?: ((present: readonly string[], entry: number) => readonly string[]) | undefined
}

/** Changes a menu; everything else stays byte for byte. */
export function changeGrubMenu(text: string, changes: GrubMenuChanges): string {
  const commands = readGrubScript(text)
  const edits = [
    ...commands.flatMap((command) => changeArguments(command, changes)),
    ...changeNumber(commands, 'default', changes.default),
    ...changeNumber(commands, 'timeout', changes.timeoutSeconds),
  ]
  let changed = text
  for (const {start, end, text: written} of edits.toSorted((a, b) => b.start - a.start))
    changed = changed.slice(0, start) + written + changed.slice(end)
  return changed
}

/** A piece of a text and its replacement. */
interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

function changeArguments(
  {words: [name, kernel, ...present], entry}: GrubCommand,
  {arguments: make}: GrubMenuChanges,
): Edit[] {
  if (make === undefined || entry === undefined || kernel === undefined || !LINUX.test(name.text)) return []
  const before = present.map(({text}) => unquoteGrubWord(text))
  const after = make(before, entry)
  if (after.length === before.length && after.every((word, index) => word === before[index])) return []
  // An unchanged word keeps its quotes and variables.
  const written = new Map(present.map(({text}) => [unquoteGrubWord(text), text]))
  const words = after.map((word) => ` ${written.get(word) ?? quoteGrubWord(word)}`)
  return [{start: kernel.end, end: (present.at(-1) ?? kernel).end, text: words.join('')}]
}

/**
 * Whether a word reaches the kernel unharmed: without quotes, backslashes and line breaks. GRUB puts a backslash before each
 * quote, which the kernel does not understand.
 */
export const isKernelWord = (word: string): boolean => word !== '' && !/['"\\\n\r\0]/.test(word)

/** Splits a kernel command line as the kernel does: double quotes keep spaces, and are removed (lib/cmdline.c, next_arg). */
export const splitKernelArguments = (text: string): string[] =>
  (text.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? []).map((word) => word.replaceAll('"', ''))

/** Menu entries with their titles and the commands in them. */
function entriesOf(commands: readonly GrubCommand[]): {readonly title: string; readonly commands: GrubCommand[]}[] {
  const inside = Map.groupBy(commands, ({entry}) => entry)
  return commands
    .filter(({words: [name]}) => name.text === 'menuentry')
    .map(({words: [, title]}, index) => ({
      title: unquoteGrubWord(title?.text ?? ''),
      commands: inside.get(index) ?? [],
    }))
}

/** Words that set a variable outside of all entries: `set NAME=VALUE` or `NAME=VALUE`. */
const settingsOf = (name: string, commands: readonly GrubCommand[]): GrubWord[] =>
  commands.flatMap(({words: [first, second], entry}) => {
    const word = first.text === 'set' ? second : first
    return entry === undefined && word?.text.startsWith(`${name}=`) ? [word] : []
  })

function numberOf(name: string, commands: readonly GrubCommand[]): number | undefined {
  const value = unquoteGrubWord(settingsOf(name, commands)[0]?.text ?? '').slice(name.length + 1)
  return /^-?\d+$/.test(value) ? Number(value) : undefined
}

function changeNumber(commands: readonly GrubCommand[], name: string, value: number | undefined): Edit[] {
  if (value === undefined) return []
  const found = settingsOf(name, commands)
  if (found.length === 0) return [{start: 0, end: 0, text: `set ${name}=${value}\n`}]
  return found.map(({start, end}) => ({start, end, text: `${name}=${value}`}))
}
