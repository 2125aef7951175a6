import {defineApplier, type Outcome} from '../apply/applier.ts'
import {findAccount} from '../host/accounts.ts'
import type {Host} from '../host/host.ts'
import {loginUser} from '../host/login-user.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'
import {authorizedKeys, holdsKey} from './authorized-keys.ts'

const directory = '/etc/ssh/sshd_config.d'
/**
 * Read before the image's file, which disables passwords, and after files of users with smaller numbers
 * (sshd_config(5), Include).
 */
const file = `${directory}/80-passwords.conf`
/** The service writes it (recipes/base/files/etc/init.d/sshd); /run starts empty at each boot. */
const pidfile = '/run/sshd.pid'

/**
 * Enables SSH logins with a password if the config sets one and there is no key to use instead.
 *
 * A key that is not from the config counts, too: its user needs no password, and passwords can be guessed.
 */
export const sshPasswords = defineApplier({
  name: 'ssh_passwords',
  keys: ['.password', 'ssh_authorized_keys'],
  select: ({node: {password = ''}}) => ({isSet: password !== ''}),
  apply({isSet}, {host}): Outcome {
    // The image has no SSH server, or one that does not read this directory.
    if (host.list(directory) === undefined) return 'unchanged'
    if (isSet && !hasKey(host)) {
      if (!writeIfChanged(host, file, 'PasswordAuthentication yes\n', {mode: 0o644})) return 'unchanged'
    } else {
      if (host.lstat(file) === undefined) return 'unchanged'
      host.remove(file)
    }
    if (host.lstat(pidfile) !== undefined)
      host.run(['rc-service', '--nodeps', '--ifstarted', 'sshd', 'reload'], {output: 'discard'})
    return 'changed'
  },
})

function hasKey(host: Host): boolean {
  const account = findAccount(host, loginUser)
  return account !== undefined && holdsKey(host.read(authorizedKeys(account)) ?? '')
}
