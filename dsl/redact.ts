/** Replacement for a secret. */
export const hidden = '[secret]'

/** Parts of names of secrets, in flags, variables and keys of a config. */
const secretNames =
  /token|passw(?:or)?d|passphrase|secret|credential|(?:api|access|private|encryption)[-_]?key|(?:^|[-_.])psk$/i

/** Names of files and directories with a secret, or of a secret's lifetime, are not secret. */
const publicEndings = /[-_.](?:file|path|dir|ttl|name|url)$/i

/** Whether a name is that of a secret: `--token`, `AWS_SECRET_ACCESS_KEY`, `haos.wifi.passphrase`. */
export const isSecretName = (name: string): boolean => secretNames.test(name) && !publicEndings.test(name)

/** A URL without user name, password and query, which may contain tokens. Other text stays unchanged. */
export const redactUrl = (url: string): string =>
  url.replace(/^([a-z][\w+.-]*:\/\/)[^/?#]*@/i, '$1').replace(/^([a-z][\w+.-]*:\/\/[^?\s]*)\?.*$/is, '$1?…')

/**
 * Secrets that are recognizable by their form anywhere. Each begins at the start of a word: tried from every letter of a long word, a
 * pattern would take quadratic time.
 */
const forms: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN ([A-Z ]*)PRIVATE KEY-----[\s\S]*?(?:-----END \1PRIVATE KEY-----|$)/g, hidden],
  [/\b([a-z]\w*:\/\/)[^\s/@"']+@/gi, `$1${hidden}@`],
  [/(?<![\w/])(https?:\/\/[^\s?"'<>]{1,2048})\?[^\s"'<>]+/gi, `$1?${hidden}`],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, hidden],
  [/\b(?:gh[pousr]|github_pat|glpat|xox[abp])[-_][\w-]{16,}/g, hidden],
  [/\bK10[0-9a-f]{20,}::\S+/g, hidden],
  [/(?<![\w-])eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*/g, hidden],
  [/\b(Bearer|Basic) +(?!\[secret\])[\w.~+/=-]{6,}/g, `$1 ${hidden}`],
]

/**
 * A text that is safe to show: without credentials and queries of URLs, keys and tokens of known
 * forms, and values that belong to the name of a secret, as in `--token=x`, `--token x` or `PASSWORD="x"`.
 */
export function redactText(text: string): string {
  let shown = text
  for (const [form, instead] of forms) shown = shown.replace(form, instead)
  shown = hideValues(shown, /(?<![\w.-])([\w.-]+)=/g)
  return hideValues(shown, /(?<![\w-])(--?[\w-]+)[ \t]+(?=[^\s-])/g)
}

/** Words of a command or of a kernel's command line as {@link redactText} would show them, each whole. */
export const redactWords = (words: readonly string[]): string[] =>
  words.map((word, index) => {
    const flag = words[index - 1] ?? ''
    if (/^--?[\w-]+$/.test(flag) && isSecretName(flag) && !word.startsWith('-')) return hidden
    const equals = word.indexOf('=')
    // Including spaces, which a quoted value may contain.
    if (equals > 0 && isSecretName(word.slice(0, equals))) return `${word.slice(0, equals)}=${hidden}`
    return redactText(word)
  })

/** Hides the value after the name of a secret. `names` matches a name and the separator before the value. */
function hideValues(text: string, names: RegExp): string {
  const value = /"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s"'&;,)}\]]+/y
  let [shown, done] = ['', 0]
  for (const match of text.matchAll(names)) {
    const start = match.index + match[0].length
    if (match.index < done || !isSecretName(match[1] ?? '')) continue
    value.lastIndex = start
    const [found = ''] = value.exec(text) ?? []
    if (found === '' || hidden.startsWith(found)) continue
    const quote = /^["']/.exec(found)?.[0] ?? ''
    shown += `${text.slice(done, start)}${quote}${hidden}${quote}`
    done = start + found.length
  }
  return shown + text.slice(done)
}
