import {type Arch, HaosError} from '#dsl'
import {type GrubEntry, isKernelWord} from '#formats'
import {commandLineBytes, commandLineLimit} from '#layout'

/** How the kernel of a medium gets its arguments. */
export interface KernelCall {
  /** Architecture of the medium, whose kernels accept a command line of a certain length. Default, if unknown: the longest. */
  readonly arch: Arch | undefined
  /** The command line that the boot loader passes to the kernel for these arguments. */
  commandLineOf(entry: GrubEntry, words: readonly string[]): string
}

/** Kernel arguments to change. Words have no quotes. */
export interface ArgumentChanges {
  /** Words to append. They override earlier ones. */
  readonly append?: readonly string[] | undefined
  /** Words to remove: `key=value` exactly, or `key` with any value. */
  readonly remove?: readonly string[] | undefined
  /** Words that replace those with the same key. */
  readonly replace?: readonly string[] | undefined
  /** Numbers of the menu entries to change, from 0. Default: all. */
  readonly entries?: readonly number[] | undefined
}

/**
 * Makes the function that changes the arguments of each entry.
 *
 * Fails with USAGE_INVALID for words that GRUB cannot pass to a kernel, for missing entries, for words to
 * remove or replace that no entry has, and if no entry starts a kernel: each is probably a mistake. The function
 * fails with USAGE_INVALID if a command line would be longer than the kernel accepts.
 */
export function changeArguments(
  entries: readonly GrubEntry[],
  {append = [], remove = [], replace = [], entries: chosen}: ArgumentChanges,
  {arch = 'amd64', commandLineOf}: KernelCall,
): (present: readonly string[], entry: number) => readonly string[] {
  const isMeant = (entry: number) => chosen === undefined || chosen.includes(entry)
  const words = entries.flatMap(({arguments: present}, entry) => (isMeant(entry) ? present : []))
  for (const word of [...append, ...replace]) {
    if (isKernelWord(word)) continue
    throw new HaosError('USAGE_INVALID', `the boot loader cannot pass ${JSON.stringify(word)} to the kernel`, {
      hint: 'Avoid quotes inside words, backslashes and line breaks, or set the value in a config (--config).',
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
      hint: 'Show the menu with --show: only entries with the GRUB command `linux` can be changed.',
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
    // A repeated word would otherwise appear as often as the words that it replaces.
    const once = replaced.filter((word, index) => !replace.includes(word) || replaced.indexOf(word) === index)
    const changed = [...once, ...append]
    const found = entries[entry]
    if (found !== undefined) {
      const [before, after] = [commandLineOf(found, present), commandLineOf(found, changed)]
      refuseLonger(found, {before, after, limit: commandLineLimit[arch]})
    }
    return changed
  }
}

/** A command line that is already too long may become shorter. */
function refuseLonger(
  {title}: GrubEntry,
  {before, after, limit}: {readonly before: string; readonly after: string; readonly limit: number},
): void {
  const bytes = commandLineBytes(after)
  if (bytes <= limit || bytes <= commandLineBytes(before)) return
  throw new HaosError(
    'USAGE_INVALID',
    `the command line of "${title}" would be ${bytes} bytes; the kernel accepts ${limit}`,
    {
      hint: 'Move long values into a config (--config): the end of the line would be cut off silently.',
    },
  )
}

const keyOf = (word: string): string => word.split('=', 1)[0] ?? word

const matches = (found: string, word: string): boolean =>
  found === word || (!word.includes('=') && keyOf(found) === word)
