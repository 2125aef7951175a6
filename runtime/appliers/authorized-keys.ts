import type {Account} from '../host/accounts.ts'

/** Directory of an account's keys. */
export const sshDirectory = ({home}: Account): string => `${home.replace(/\/$/, '')}/.ssh`

/** File in which the SSH server looks for an account's keys (sshd_config(5), AuthorizedKeysFile). */
export const authorizedKeys = (account: Account): string => `${sshDirectory(account)}/authorized_keys`

/** Options, type and key of a line, not its comment (sshd(8), AUTHORIZED_KEYS). Undefined if the line has no key. */
export const keyIn = (line: string): string | undefined =>
  /^\s*((?:.*\s)?(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[\w@.-]+\s+\S+)/.exec(line)?.[1]?.replace(/\s+/g, ' ')

/** Whether a text in the format of authorized_keys contains a key. */
export const holdsKey = (text: string): boolean =>
  text.split('\n').some((line) => !/^\s*#/.test(line) && keyIn(line) !== undefined)
