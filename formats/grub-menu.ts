import {quoteGrubWord} from '#layout'

/** A GRUB menu as text, with the lines that start a kernel taken apart. All else stays as it was written. */
export interface GrubMenu {
  /** Number of the entry that starts by itself, from 0; undefined where the menu names it otherwise. */
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

const LINUX = /^(\s*linux(?:16|efi)?[ \t]+)(.*)$/m
const INITRD = /^\s*initrd(?:16|efi)?[ \t]+(.*)$/m
const DEFAULT = /^([ \t]*set[ \t]+default=)(\S*)/m
const TIMEOUT = /^([ \t]*set[ \t]+timeout=)(\S*)/m
const ENTRY = /^[ \t]*menuentry\b/m

/** Reads a menu: `set default=N`, `set timeout=N`, and `linux` and `initrd` on lines of their own. */
export function parseGrubMenu(text: string): GrubMenu {
  return {
    default: numberIn(DEFAULT, text),
    timeoutSeconds: numberIn(TIMEOUT, text),
    entries: splitEntries(text).entries.map((body): GrubEntry => {
      const [kernel, ...words] = splitWords(LINUX.exec(body)?.[2] ?? '').map(unquote)
      const [initrd] = splitWords(INITRD.exec(body)?.[1] ?? '').map(unquote)
      return {title: unquote(splitWords(body)[1] ?? ''), kernel, initrd, arguments: words}
    }),
  }
}

/**
 * Reads the entry that GRUB would boot if nobody chose, or nothing where the menu has none.
 *
 * Words that GRUB would replace (`$extra_cmdline`) are left out.
 */
export function parseDefaultEntry(text: string): GrubEntry | undefined {
  const menu = parseGrubMenu(text)
  const entry = menu.entries[menu.default ?? 0]
  return entry && {...entry, arguments: entry.arguments.filter((word) => !word.includes('$'))}
}

/** What is to be different in a menu. */
export interface GrubMenuChanges {
  readonly default?: number | undefined
  readonly timeoutSeconds?: number | undefined
  /** Gives new kernel arguments for those of an entry that starts a kernel. */
  readonly arguments?: ((present: readonly string[], entry: number) => readonly string[]) | undefined
}

/** Changes a menu; what the changes do not concern stays byte for byte. */
export function changeGrubMenu(text: string, changes: GrubMenuChanges): string {
  const {head, entries} = splitEntries(text)
  const changed = entries.map((body, entry) => {
    const line = LINUX.exec(body)
    const make = changes.arguments
    if (line === null || make === undefined) return body
    const [, start = '', rest = ''] = line
    const [kernel = '', ...present] = splitWords(rest)
    // A word that stays is kept as it was written, with its quotes and variables.
    const written = new Map(present.map((word) => [unquote(word), word]))
    const words = make(present.map(unquote), entry).map((word) => written.get(word) ?? quoteGrubWord(word))
    return body.replace(LINUX, () => start + [kernel, ...words].join(' '))
  })
  return setNumber(
    setNumber(head, DEFAULT, 'default', changes.default),
    TIMEOUT,
    'timeout',
    changes.timeoutSeconds,
  ).concat(...changed)
}

/**
 * Whether a word reaches the kernel unharmed: without quotes, backslashes and line breaks. GRUB puts a backslash before each
 * quote, which the kernel does not understand.
 */
export const isKernelWord = (word: string): boolean => word !== '' && !/['"\\\n\r\0]/.test(word)

/** Writes arguments as one kernel command line: those with spaces in double quotes, as GRUB does. */
export const renderKernelArguments = (words: readonly string[]): string =>
  words.map((word) => (/\s/.test(word) ? `"${word}"` : word)).join(' ')

/** Splits a kernel command line as the kernel does: double quotes keep spaces, and are taken off (lib/cmdline.c, next_arg). */
export const splitKernelArguments = (text: string): string[] =>
  (text.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? []).map((word) => word.replaceAll('"', ''))

function splitEntries(text: string): {readonly head: string; readonly entries: readonly string[]} {
  const [head = '', ...entries] = text.split(new RegExp(`(?=${ENTRY.source})`, 'm'))
  return ENTRY.test(head) ? {head: '', entries: [head, ...entries]} : {head, entries}
}

/** Words of a line with their quotes (GRUB manual, "Shell-like scripting"). */
const splitWords = (line: string): string[] => line.match(/(?:[^\s'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+/g) ?? []

const unquote = (word: string): string =>
  word.replaceAll(/'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/g, (_, single, double, escaped) =>
    String(single ?? double?.replaceAll(/\\(.)/g, '$1') ?? escaped),
  )

function numberIn(pattern: RegExp, text: string): number | undefined {
  const word = unquote(pattern.exec(splitEntries(text).head)?.[2] ?? '')
  return /^-?\d+$/.test(word) ? Number(word) : undefined
}

function setNumber(head: string, pattern: RegExp, name: string, value: number | undefined): string {
  if (value === undefined) return head
  return pattern.test(head)
    ? head.replace(pattern, (_, start: string) => `${start}${value}`)
    : `set ${name}=${value}\n${head}`
}
