import {readFile} from 'node:fs/promises'
import {homedir} from 'node:os'
import {join} from 'node:path'

/** A name and a password of .netrc. */
export interface Login {
  readonly user: string
  readonly password: string
}

/** The login for a host in the user's .netrc, or in the file that NETRC names; undefined if there is none. */
export async function loadLogin(
  host: string,
  path: string = process.env['NETRC'] || join(homedir(), '.netrc'),
): Promise<Login | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return parseNetrc(text).find(({machine}) => machine === undefined || machine === host)
}

/** The entries of a .netrc in their order, as curl(1) reads them; that of `default` has no machine. */
function parseNetrc(text: string): (Login & {readonly machine: string | undefined})[] {
  // A macro ends with an empty line.
  const words = text
    .replaceAll(/^\s*macdef\s[\s\S]*?(?:\n\s*\n|$(?![\s\S]))/gm, '')
    .replaceAll(/^\s*#.*$/gm, '')
    .matchAll(/"((?:[^"\\]|\\.)*)"|\S+/g)
    .map(([word, quoted]) => quoted?.replaceAll(/\\(.)/g, '$1') ?? word)
  const entries: {machine: string | undefined; user: string; password: string}[] = []
  for (const word of words) {
    if (word === 'machine') entries.push({machine: words.next().value ?? '', user: '', password: ''})
    if (word === 'default') entries.push({machine: undefined, user: '', password: ''})
    const entry = entries.at(-1)
    if (entry === undefined) continue
    if (word === 'login') entry.user = words.next().value ?? ''
    if (word === 'password') entry.password = words.next().value ?? ''
    if (word === 'account') words.next()
  }
  return entries
}
