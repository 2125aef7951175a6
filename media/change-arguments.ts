import {HaosError} from '#dsl'
import {type GrubEntry, isKernelWord} from '#formats'
import {commandLineBytes, commandLineLimit} from '#layout'

/** What a boot loader hands to the kernel of an entry with these arguments, as one line. */
export type CommandLineOf = (entry: GrubEntry, words: readonly string[]) => string

/** Kernel arguments to change. Words come without quotes. */
export interface ArgumentChanges {
  /** Words to put at the end, where they win. */
  readonly append?: readonly string[] | undefined
  /** Words to take away: `key=value` exactly, or `key` with whatever value. */
  readonly remove?: readonly string[] | undefined
  /** Words that take the place of those with the same key. */
  readonly replace?: readonly string[] | undefined
  /** Numbers of the menu entries that are meant, from 0. Default: all. */
  readonly entries?: readonly number[] | undefined
}

/**
 * Makes the function that changes the arguments of each entry.
 *
 * Fails with USAGE_INVALID for words that GRUB cannot hand to a kernel, for entries that are not there, and when what is to
 * be removed or replaced is in none of the entries, or no entry starts a kernel: then something else was meant. The function
 * fails with USAGE_INVALID where a command line would be longer than the kernel takes.
 */
export function changeArguments(
  entries: readonly GrubEntry[],
  {append = [], remove = [], replace = [], entries: chosen}: ArgumentChanges,
  commandLineOf: CommandLineOf,
): (present: readonly string[], entry: number) => readonly string[] {
  const isMeant = (entry: number) => chosen === undefined || chosen.includes(entry)
  const words = entries.flatMap(({arguments: present}, entry) => (isMeant(entry) ? present : []))
  for (const word of [...append, ...replace]) {
    if (isKernelWord(word)) continue
    throw new HaosError('USAGE_INVALID', `the boot loader cannot hand ${JSON.stringify(word)} to the kernel`, {
      hint: 'Leave out quotes inside of words, backslashes and line breaks, or put the value into a config (--config).',
    })
  }
  for (const entry of chosen ?? []) {
    if (entry < entries.length) continue
    throw new HaosError('USAGE_INVALID', `the menu has no entry ${entry}`, {
      hint: `Choose one of ${entries.map(({title}, index) => `${index} (${title})`).join(', ')}.`,
    })
  }
  const idle = (chosen ?? []).find((entry) => entries[entry]?.kernel === undefined)
  if (idle !== undefined || entries.every(({kernel}) => kernel === undefined)) {
    const what = idle === undefined ? 'no menu entry' : `the menu entry ${idle} (${entries[idle]?.title})`
    throw new HaosError('USAGE_INVALID', `${what} ${idle === undefined ? 'starts' : 'does not start'} a kernel`, {
      hint: 'Look at the menu with --show: only entries with the command `linux` of GRUB can be changed.',
    })
  }
  for (const word of [...remove, ...replace.map(keyOf)]) {
    if (words.some((found) => matches(found, word))) continue
    throw new HaosError('USAGE_INVALID', `no menu entry has the kernel argument ${word}`, {
      hint: `The menu has: ${[...new Set(words)].join(' ')}.`,
    })
  }
  return (present, entry) => {
    if (!isMeant(entry)) return present
    const kept = present.filter((found) => !remove.some((word) => matches(found, word)))
    const replaced = kept.map((found) => replace.find((word) => keyOf(word) === keyOf(found)) ?? found)
    // A repeated word would otherwise stand there as often as the words that it takes the place of.
    const once = replaced.filter((word, index) => !replace.includes(word) || replaced.indexOf(word) === index)
    const changed = [...once, ...append]
    const found = entries[entry]
    if (found !== undefined) refuseLonger(found, commandLineOf(found, present), commandLineOf(found, changed))
    return changed
  }
}

/** What is too long already may become shorter. */
function refuseLonger({title}: GrubEntry, before: string, after: string): void {
  const [bytes, limit] = [commandLineBytes(after), commandLineLimit.amd64]
  if (bytes <= limit || bytes <= commandLineBytes(before)) return
  throw new HaosError(
    'USAGE_INVALID',
    `the command line of "${title}" would have ${bytes} bytes; a kernel takes ${limit}`,
    {
      hint: 'Put what is long into a config (--config): the end of the line would be cut off without a word.',
    },
  )
}

const keyOf = (word: string): string => word.split('=', 1)[0] ?? word

const matches = (found: string, word: string): boolean =>
  found === word || (!word.includes('=') && keyOf(found) === word)
