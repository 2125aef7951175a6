import {defineApplier, type Outcome} from '../apply/applier.ts'
import {findAccount} from '../host/accounts.ts'
import type {Host} from '../host/host.ts'
import {loginUser} from '../host/login-user.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'
import {authorizedKeys, holdsKey} from './authorized-keys.ts'

const directory = '/etc/ssh/sshd_config.d'
/** Read before that of the image, which says no, and after those of users with smaller numbers (sshd_config(5), Include). */
const file = `${directory}/80-passwords.conf`
/** Written by the service (recipes/base/files/etc/init.d/sshd); it is gone after a boot. */
const pidfile = '/run/sshd.pid'

/**
 * Lets passwords log in over the network where the config sets one and no key could be used in its place.
 *
 * A key counts also when it was not in the config: who has one needs no password, and passwords can be guessed.
 */
export const sshPasswords = defineApplier({
  name: 'ssh_passwords',
  keys: ['.password', 'ssh_authorized_keys'],
  select: ({node: {password = ''}}) => ({isSet: password !== ''}),
  apply({isSet}, {host}): Outcome {
    // An SSH server of somebody else's, or none.
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
