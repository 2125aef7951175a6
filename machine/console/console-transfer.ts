/**
 * Removes kernel messages, which come between any two characters of what programs print.
 *
 * A message is one line with a time stamp (printk.time, which all distributions set).
 */
export const stripKernelMessages = (text: string): string =>
  text.replace(/\[ *\d+\.\d{6}\](?:\[ *[TC]\d+\])? [^\n]*\n/g, '')

/** Removes what our own shell in the guest and we say to each other (guest-shell.ts), so that the guest's words are left. */
export const stripTransfers = (text: string): string =>
  text
    .replace(/stty -echo[\s\S]*?@@\w+-ready\n/g, '\n')
    .replace(/@@[\w.-]+<[\s\S]*?(?:@@[\w.-]+>\n|$)/g, '')
    .replace(/@@[\w-]+[+=]\d+\n/g, '')
