/** What stands in the place of a secret. */
export const hidden = '[secret]'

/** Parts of names behind which a secret stands, in flags, variables and keys of a config. */
const secretNames =
  /token|passw(?:or)?d|passphrase|secret|credential|(?:api|access|private|encryption)[-_]?key|(?:^|[-_.])psk$/i

/** Names of files and places that hold a secret, or tell how long it is good, are none. */
const publicEndings = /[-_.](?:file|path|dir|ttl|name|url)$/i

/** Whether what is called so is a secret: `--token`, `AWS_SECRET_ACCESS_KEY`, `haos.wifi.passphrase`. */
export const isSecretName = (name: string): boolean => secretNames.test(name) && !publicEndings.test(name)

/** An address without user name and password, and without the query, in which tokens are given. Other text stays as it is. */
export const redactUrl = (url: string): string =>
  url.replace(/^([a-z][\w+.-]*:\/\/)[^/?#]*@/i, '$1').replace(/^([a-z][\w+.-]*:\/\/[^?\s]*)\?.*$/is, '$1?…')

/**
 * Secrets that are known by their form wherever they stand. Each begins where a word does: tried from every letter of a long word, a
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
 * A text that may be shown, whatever went into it: without credentials and queries of addresses, without keys and tokens of known
 * forms, and without what is given to a name of a secret, as `--token=x`, `--token x` or `PASSWORD="x"`.
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
    // With its blanks, which a value of one word may have.
    if (equals > 0 && isSecretName(word.slice(0, equals))) return `${word.slice(0, equals)}=${hidden}`
    return redactText(word)
  })

/** Hides what follows a name of a secret. `names` matches a name and what stands between it and the value. */
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
