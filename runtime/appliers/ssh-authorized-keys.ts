import {type Applier, defineApplier, type Outcome} from '../apply/applier.ts'
import {findAccount} from '../host/accounts.ts'
import {loginUser} from '../host/login-user.ts'
import {addAuthorizedKeys} from './add-authorized-keys.ts'

/** Adds keys of the login user. Keys that must be fetched are left to the phase with a network. */
export const sshAuthorizedKeys = ({network}: {readonly network: boolean}): Applier =>
  defineApplier({
    name: 'ssh_authorized_keys',
    keys: ['ssh_authorized_keys'],
    // Also without keys: sshd refuses a directory with wrong permissions, as the user might create it.
    select: (config) => config.ssh_authorized_keys ?? [],
    apply(keys, node): Outcome {
      const account = findAccount(node.host, loginUser)
      if (account !== undefined)
        return addAuthorizedKeys(node, account, keys, {
          network,
          pathOf: (index) => node.item('ssh_authorized_keys', index),
        })
      if (keys.length === 0) return 'unchanged'
      throw new Error(`cannot be added: there is no user ${loginUser}`)
    },
  })
