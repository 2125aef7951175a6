/** Quotes one word for a POSIX shell; harmless words stay unchanged, so that commands stay readable. */
export const shellQuote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
