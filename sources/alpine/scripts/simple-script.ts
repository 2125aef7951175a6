/** Alpine's longest plain script has some hundred characters; parsing takes quadratic time. */
const MAX_SCRIPT_LENGTH = 16_384

/** A statement of a maintainer script: a program and its arguments, with variables expanded. */
export type Statement = readonly [program: string, ...words: string[]]

/**
 * Parses a script that is a plain list of commands, as nearly all packages' scripts are.
 *
 * Expands variables that the script itself sets and ignores redirections to `/dev/null` and `|| true`.
 * Returns undefined for a script with anything else in it: loops, conditions, pipes, files written.
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
    // Lines after a successful exit are never reached.
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

/** Removes texts that a script prints for the user. */
const withoutMessages = (script: string): string =>
  script
    .replace(/^[\t ]*cat\s+(?:(?:1?>&2|<<-?\s*["']?(\w+)["']?)\s*){1,2}\n[\s\S]*?\n[\t ]*\1[\t ]*$/gm, '')
    .replace(/\\\n\s*/g, ' ')
    .replace(/^[\t ]*(?:echo|printf)\s[^>|;&`$]*(?:1?>&2)?$/gm, '')

/** Splits a line into words; undefined if the shell would do more than split it. */
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
