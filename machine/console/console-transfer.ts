/**
 * Removes kernel messages, which may interrupt the output of programs anywhere.
 *
 * A message is one line with a time stamp (printk.time, which all distributions set).
 */
export const stripKernelMessages = (text: string): string =>
  text.replace(/\[ *\d+\.\d{6}\](?:\[ *[TC]\d+\])? [^\n]*\n/g, '')

/** Removes the protocol between this process and its shell in the guest (guest-shell.ts), leaving the guest's own output. */
export const stripTransfers = (text: string): string =>
  text
    .replace(/stty -echo[\s\S]*?@@\w+-ready\n/g, '\n')
    .replace(/@@[\w.-]+<[\s\S]*?(?:@@[\w.-]+>\n|$)/g, '')
    .replace(/@@[\w-]+[+=]\d+\n/g, '')
