import {filledIn, notEmpty, textThat} from './text.ts'

/** What is fetched: the keys of a user of a forge, or those at a URL. */
const isFetched = (key: string): boolean => /^(?:(?:github|gitlab):[\w.-]+|https?:\/\/\S+)$/i.test(key)

const keyType = String.raw`^(?:.*\s)?(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[\w@.-]+\s+`

/** A line of authorized_keys, or where such lines are fetched. */
export const sshKey = textThat(
  notEmpty,
  filledIn,
  [
    (key) => key === '' || key.startsWith('#') || isFetched(key) || new RegExp(`${keyType}\\S`).test(key),
    'is not an SSH public key, and not "github:USER", "gitlab:USER" or a URL',
    'Copy a whole line of a .pub file, or write "github:" and the name of the user.',
  ],
  [
    // Every key begins with AAAA, since a length of four bytes stands first in it (RFC 4253, section 6.6).
    (key) =>
      key === '' ||
      key.startsWith('#') ||
      isFetched(key) ||
      new RegExp(String.raw`${keyType}AAAA[A-Za-z0-9+/]*=*(?:\s|$)`).test(key),
    'looks like a placeholder or a damaged SSH public key: the word after its type is not base64 that begins with AAAA',
    'Copy a whole line of a .pub file.',
    'remark',
  ],
)
