import type {NodeUser} from '#dsl'
import type {Host} from '../../host/host.ts'
import {writeIfChanged} from '../../host/write-if-changed.ts'
import type {AccountIds} from './account-ids.ts'
import {AccountTable} from './account-table.ts'

/** Numbers that this program gives; `rancher` has 1000, and packages count their system accounts from 100 and 999. */
const ranges = {login: {first: 1001, last: 59_999, step: 1}, system: {first: 899, last: 300, step: -1}} as const

export type Range = keyof typeof ranges

/** The files of the node's accounts, changed in memory and written together. */
export class AccountFiles {
  readonly #host: Host
  readonly #ids: AccountIds
  readonly #made = new Set<string>()
  readonly passwd: AccountTable
  readonly group: AccountTable
  readonly shadow: AccountTable
  /** Alpine has none. */
  readonly #gshadow: AccountTable | undefined

  constructor(host: Host, ids: AccountIds) {
    const read = (name: string) => host.read(`/etc/${name}`)
    this.#host = host
    this.#ids = ids
    this.passwd = new AccountTable(read('passwd') ?? '')
    this.group = new AccountTable(read('group') ?? '')
    this.shadow = new AccountTable(read('shadow') ?? '')
    const gshadow = read('gshadow')
    this.#gshadow = gshadow === undefined ? undefined : new AccountTable(gshadow)
  }

  /** The number of a group, which is made if it does not exist. */
  groupId(name: string, {range, like}: {readonly range: Range; readonly like?: number}): string {
    const found = this.group.find(name)?.[2]
    if (found !== undefined) return found
    const given = [like, this.#ids.of('group', name)].find((id) => id !== undefined && this.#isFree(id, name))
    const id = given ?? this.nextId(range, name)
    this.#ids.keep('group', name, id)
    this.group.set([name, 'x', String(id), ''])
    this.#gshadow?.set([name, '!', '', ''])
    return String(id)
  }

  /** The next number that neither a user nor a group has, or ever had. */
  nextId(range: Range, name: string): number {
    const {first, last, step} = ranges[range]
    for (let id: number = first; id !== last; id += step)
      if (this.#isFree(id, name) && !this.#ids.isTaken(id, name)) return id
    throw new Error('was not made: every number is taken')
  }

  #isFree(id: number, name: string): boolean {
    return [this.passwd, this.group].every(({rows}) =>
      rows.every(([other, , taken]) => taken !== String(id) || other === name),
    )
  }

  /** The line of a user that this program makes, with its number and its primary group. */
  setOwn(user: NodeUser, {shell}: {readonly shell: string}): void {
    const {name, gecos = ''} = user
    const range = user.system ? 'system' : 'login'
    const known = user.uid ? Number(user.uid) : this.#ids.of('user', name)
    const holder = this.passwd.rows.find(([other, , id]) => id === String(known) && other !== name)?.[0]
    if (holder !== undefined) throw new Error(`was not made: the user ${holder} has the number ${known}`)
    const uid = known ?? this.nextId(range, name)
    const primary = user.primary_group || (user.no_user_group ? 'users' : name)
    const gid = this.groupId(primary, {range, ...(primary === name && {like: uid})})
    this.#ids.keep('user', name, uid)
    this.#made.add(name)
    this.passwd.set([name, 'x', String(uid), gid, gecos, user.homedir || `/home/${name}`, shell])
  }

  /** Whether `setOwn` has set the user's line. */
  isMade(name: string): boolean {
    return this.#made.has(name)
  }

  /** Makes the user a member of these groups; with `only`, of no other. */
  join(user: string, groups: readonly string[], {only}: {readonly only: boolean}): void {
    for (const table of [this.group, this.#gshadow])
      for (const row of table?.rows ?? []) {
        const members = (row[3] ?? '').split(',').filter(Boolean)
        const others = members.filter((member) => member !== user)
        const next = groups.includes(row[0] ?? '') ? [...others, user] : only ? others : members
        const isSame = next.length === members.length && next.every((member) => members.includes(member))
        if (row.length >= 4 && !isSame) table?.set([...row.slice(0, 3), next.join(',')])
      }
  }

  remove(user: string): void {
    this.join(user, [], {only: true})
    this.passwd.remove(user)
    this.shadow.remove(user)
    // Its own group, unless others are in it.
    const [, , id, members] = this.group.find(user) ?? []
    if (members !== '' || id !== String(this.#ids.of('group', user))) return
    this.group.remove(user)
    this.#gshadow?.remove(user)
  }

  /** Writes what has changed, the names last. Returns whether anything has. */
  write(): boolean {
    this.#ids.write()
    const tables = {group: this.group, gshadow: this.#gshadow, shadow: this.shadow, passwd: this.passwd}
    return Object.entries(tables)
      .map(([name, table]) => {
        if (table === undefined) return false
        const mode = name.endsWith('shadow') && this.#host.lstat(`/etc/${name}`) === undefined ? 0o600 : undefined
        return writeIfChanged(this.#host, `/etc/${name}`, table.text, mode === undefined ? {} : {mode})
      })
      .includes(true)
  }
}
