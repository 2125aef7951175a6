import {stripVTControlCharacters} from 'node:util'
import {redactText} from '#dsl'

/**
 * A text of a tool, a server or a file as it may be shown: without escape sequences, other control characters written out as `\\x07`,
 * and without what looks like a secret.
 *
 * Whoever writes to a terminal unchanged what a mirror or an archive says lets it move the cursor, retitle the window, or paste.
 */
export const printable = (text: string): string =>
  redactText(stripVTControlCharacters(text)).replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
