import type {NodeConfig, NodeUser} from '#dsl'
import {type Applier, type Node, type Outcome, outcomeOf, reasonOf} from '../../apply/applier.ts'
import {findAccount} from '../../host/accounts.ts'
import {loginUser} from '../../host/login-user.ts'
import {addAuthorizedKeys} from '../add-authorized-keys.ts'
import {setClearPassword} from '../password.ts'
import {AccountFiles} from './account-files.ts'
import {AccountIds} from './account-ids.ts'
import {addAccount} from './add-account.ts'
import {makeHome} from './home-directory.ts'
import {MadeUsers} from './made-users.ts'
import {clearPassword} from './passwords.ts'
import {grant, revoke} from './privileges.ts'

/**
 * Makes the users of the config, and removes those that it made since the start and that are gone from it. Their home
 * directories stay.
 *
 * Userdata may name users, too, so only the phase with a network removes any.
 */
export const users = ({network}: {readonly network: boolean}): Applier => ({
  name: 'users',
  keys: ['users'],
  apply(config, node) {
    const made = new MadeUsers(node)
    const wanted = (config.users ?? []).map((user) => (user.name === 'default' ? {...user, name: loginUser} : user))
    const gone = network ? made.names.filter((name) => !wanted.some((user) => user.name === name)) : []
    if (wanted.length === 0 && gone.length === 0) return undefined
    return applyUsers({wanted, gone, made, network, config}, node)
  },
})

interface Wanted {
  readonly wanted: readonly NodeUser[]
  readonly gone: readonly string[]
  readonly made: MadeUsers
  readonly network: boolean
  readonly config: NodeConfig
}

function applyUsers({wanted, gone, made, network, config}: Wanted, node: Node): Outcome {
  const {host, identity} = node
  const files = new AccountFiles(host, new AccountIds(host, identity))
  const changed = [...gone.map((name) => revoke(node, name))]
  for (const name of gone) files.remove(name)
  const present = wanted.flatMap((user, index) => {
    const at = node.item('users', index)
    const attempt = attemptAt(node, at)
    const isMade = attempt('', () => addAccount(files, user, {host, made, hasPassword: !!config.node.password}))
    return isMade === undefined ? [] : [{user, at, attempt}]
  })
  made.write(present.map(({user}) => user.name).filter((name) => files.isMade(name)))
  changed.push(files.write())
  for (const {user, at, attempt} of present) {
    const account = findAccount(host, user.name)
    if (account === undefined) continue
    const clear = clearPassword(user, config)
    const hasHome = !user.no_create_home && !user.system
    const keys = [
      ...(user.ssh_authorized_keys ?? []),
      ...(user.ssh_import_id ?? []).map((id) => id.replace(/^gh:/i, 'github:')),
    ]
    changed.push(
      (hasHome && attempt('homedir', () => makeHome(host, account))) || false,
      (clear !== undefined && attempt('passwd', () => setClearPassword(node, user.name, clear))) || false,
      attempt('sudo', () => grant(node, user)) || false,
      keys.length > 0 &&
        attempt('ssh_authorized_keys', () =>
          addAuthorizedKeys(node, account, keys, {
            network,
            pathOf: (key) => `${at}.ssh_authorized_keys[${key}]`,
          }),
        ) === 'changed',
    )
  }
  return outcomeOf(...changed)
}

/** Does one thing to a user. What fails is reported, and undefined. */
const attemptAt =
  (node: Node, at: string) =>
  <Result>(key: string, act: () => Result): Result | undefined => {
    try {
      return act()
    } catch (error) {
      node.report({path: key === '' ? at : `${at}.${key}`, message: reasonOf(error)})
      return undefined
    }
  }
