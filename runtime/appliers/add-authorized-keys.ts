import {type Node, type Outcome, outcomeOf, reasonOf} from '../apply/applier.ts'
import type {Account} from '../host/accounts.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'
import {authorizedKeys, keyIn, sshDirectory} from './authorized-keys.ts'
import {fetchKeys} from './fetch-keys.ts'

export interface AddKeysOptions {
  /** Without it, keys that must be fetched are left to a later phase. */
  readonly network: boolean
  /** Path of a key in the config, by its number. */
  readonly pathOf: (index: number) => string
}

/** Adds keys to an account's authorized_keys. Existing keys stay, because /home is the user's. */
export function addAuthorizedKeys(
  node: Node,
  account: Account,
  keys: readonly string[],
  {network, pathOf}: AddKeysOptions,
): Outcome {
  const shared = {retries: 0}
  const made = prepareDirectory(node, sshDirectory(account), account)
  const path = authorizedKeys(account)
  const status = node.host.lstat(path)
  const before = status?.type === 'file' ? node.host.read(path) : undefined
  let content: string | undefined
  keys.forEach((key, index) => {
    try {
      const given = isRemote(key) ? (network ? fetchKeys(node, key, shared) : undefined) : key
      if (given !== undefined && given !== '') content = addKeys(content ?? before ?? '', given)
    } catch (error) {
      node.report({path: pathOf(index), message: `was not added: ${reasonOf(error)}`})
    }
  })
  if (content === undefined) return outcomeOf(made)
  const mode = before === undefined ? 0o600 : (status?.mode ?? 0o600)
  return outcomeOf(made, writeIfChanged(node.host, path, content, {mode, owner: account, replaceLink: true}))
}

function prepareDirectory({host}: Node, directory: string, {uid, gid}: Account): boolean {
  const found = host.lstat(directory)
  if (found === undefined) host.mkdir(directory, 0o700)
  // The user could have made a symlink to a directory of root.
  else if (found.type !== 'directory') throw new Error(`cannot be added: ${directory} is not a directory`)
  if (found?.uid === uid && found.gid === gid) return false
  host.chown(directory, {uid, gid})
  return true
}

/**
 * Begins with a scheme or provider and a colon (RFC 3986, section 3.1). A key does not, since a blank follows its type.
 */
const isRemote = (key: string): boolean => /^[a-z][a-z0-9+.-]*:/i.test(key)

/** The given text, unchanged, if none of its keys is present yet; otherwise only the missing lines. */
function addKeys(content: string, given: string): string {
  const known = new Set(content.split('\n').map(keyOf))
  const missing = given.split('\n').filter((line) => line.trim() !== '' && !known.has(keyOf(line)))
  if (missing.length === 0) return content
  const whole = content === '' || content.endsWith('\n') ? content : `${content}\n`
  const isNew = missing.length === given.split('\n').filter((line) => line.trim() !== '').length
  return `${whole}${isNew ? given : missing.join('\n')}\n`
}

/** What makes two lines the same key. */
const keyOf = (line: string): string => keyIn(line) ?? line.trim()
