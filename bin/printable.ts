import {stripVTControlCharacters} from 'node:util'
import {redactText} from '#dsl'

/**
 * Makes a text from a tool, a server or a file safe to print: removes escape sequences, writes other control characters as `\\x07`,
 * and hides what looks like a secret.
 *
 * Printed unchanged, text from a mirror or an archive could move the cursor, retitle the window, or paste.
 */
export const printable = (text: string): string =>
  redactText(stripVTControlCharacters(text)).replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
