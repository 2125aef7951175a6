/** The longest of Alpine that is nothing but commands has some hundred characters; what is below takes the square of it. */
const MAX_SCRIPT_LENGTH = 16_384

/** A statement of a maintainer script: a program and its words, with variables filled in. */
export type Statement = readonly [program: string, ...words: string[]]

/**
 * Reads a script that is nothing but commands one after another, as those of nearly all packages are.
 *
 * Variables that the script itself sets are filled in; redirections to `/dev/null` and `|| true` change nothing.
 * Undefined for a script with anything else in it: loops, conditions, pipes, files written.
 */
export function readSimpleScript(script: string): Statement[] | undefined {
  if (script.length > MAX_SCRIPT_LENGTH) return undefined
  const statements: Statement[] = []
  const variables = new Map<string, string>()
  for (const raw of withoutMessages(script).split('\n')) {
    const line = raw
      .trim()
      .replace(/^exec\s+/, '')
      .replace(/\s+\|\|\s+(?:true|:|exit 0)\s*$/, '')
      .replace(/\s*(?:[12&]?>\s*\/dev\/null|2>&1|1?>&2)/g, '')
    if (line === '' || line.startsWith('#') || line === 'set -e') continue
    // What comes after a successful end is never reached.
    if (/^exit(?: 0)?$/.test(line)) break
    const [, name, value] = /^([A-Za-z_]\w*)=(\S*)$/.exec(line) ?? []
    if (name !== undefined && value !== undefined) {
      const [word, ...more] = wordsOf(value, variables) ?? []
      if (more.length > 0) return undefined
      variables.set(name, word ?? '')
      continue
    }
    const [program, ...words] = wordsOf(line, variables) ?? []
    if (program === undefined) return undefined
    statements.push([program.replace(/^.*\//, ''), ...words])
  }
  return statements
}

/** Texts that a script prints for the person who installs. */
const withoutMessages = (script: string): string =>
  script
    .replace(/^[\t ]*cat\s+(?:(?:1?>&2|<<-?\s*["']?(\w+)["']?)\s*){1,2}\n[\s\S]*?\n[\t ]*\1[\t ]*$/gm, '')
    .replace(/\\\n\s*/g, ' ')
    .replace(/^[\t ]*(?:echo|printf)\s[^>|;&`$]*(?:1?>&2)?$/gm, '')

/** The words of a line; undefined where the shell would do more than split them. */
function wordsOf(line: string, variables: ReadonlyMap<string, string>): string[] | undefined {
  const words: string[] = []
  let rest = line
  while (rest !== '') {
    const [whole, single, double, bare] =
      /^(?:'([^']*)'|"([^"\\`]*)"|([^\s'"\\`|&;<>()*?[\]{}~#!]+))(?:\s+|$)/.exec(rest) ?? []
    if (whole === undefined) return undefined
    const text = single ?? expand(double ?? bare ?? '', variables)
    if (text === undefined) return undefined
    words.push(text)
    rest = rest.slice(whole.length)
  }
  return words
}

function expand(text: string, variables: ReadonlyMap<string, string>): string | undefined {
  let unknown = false
  const filled = text.replace(/\$(?:(\w+)|(.))/g, (_, name: string | undefined) => {
    const value = name === undefined ? undefined : variables.get(name)
    if (value === undefined) unknown = true
    return value ?? ''
  })
  return unknown ? undefined : filled
}
