/** One word of a script as written, with its quotes. */
export interface GrubWord {
  readonly text: string
  /** Where it begins in the script, and where it ends. */
  readonly start: number
  readonly end: number
}

/** One command of a script, without the keywords before it such as `then`. */
export interface GrubCommand {
  readonly words: readonly [GrubWord, ...GrubWord[]]
  /** Number of the menu entry that contains it, from 0; undefined outside all entries. */
  readonly entry: number | undefined
}

/**
 * Splits a script into its commands (GRUB manual, "Shell-like scripting"): they end at line breaks, semicolons and braces, anywhere
 * on a line, but not at a line break after a backslash.
 */
export function readGrubScript(text: string): GrubCommand[] {
  const commands: GrubCommand[] = []
  const blocks: (number | undefined)[] = []
  let entries = 0
  let words: GrubWord[] = []
  const endCommand = (): string | undefined => {
    const [first, ...rest] = words.slice(words.findIndex((word) => !keywords.has(word.text)))
    words = []
    if (first === undefined || keywords.has(first.text)) return undefined
    commands.push({words: [first, ...rest], entry: blocks.findLast((entry) => entry !== undefined)})
    return first.text
  }
  for (const {0: token, index} of text.matchAll(TOKEN)) {
    if (/^(?:[^\S\n]|\\\r?\n|#)/.test(token)) continue
    if (!/^[\n;&|<>{}]/.test(token)) {
      words.push({text: token, start: index, end: index + token.length})
      continue
    }
    const name = endCommand()
    if (token === '{') blocks.push(name === 'menuentry' ? entries++ : undefined)
    if (token === '}') blocks.pop()
  }
  endCommand()
  return commands
}

/** Spaces and continued lines, comments, command separators, and words. */
const TOKEN =
  /(?:[^\S\n]|\\\r?\n)+|#[^\n]*|[\n;&|<>{}]|(?:\$\{[^}\n]*\}|\\[\s\S]|'[^']*'|"(?:[^"\\]|\\[\s\S])*"|[^\s'"\\;&|<>{}])+|[\s\S]/g

const keywords = new Set(['!', 'do', 'elif', 'else', 'if', 'then', 'until', 'while'])

/** Removes the quotes from a word. */
export const unquoteGrubWord = (word: string): string =>
  word.replaceAll(/'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])/g, (_, single, double, escaped) =>
    String(single ?? double?.replaceAll(/\\([\s\S])/g, '$1') ?? escaped),
  )
