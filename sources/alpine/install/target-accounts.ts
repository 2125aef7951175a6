/** Ids of users and groups by name, from the target's passwd(5) and group(5). */
export class TargetAccounts {
  readonly #users: ReadonlyMap<string, number>
  readonly #groups: ReadonlyMap<string, number>

  constructor({passwd, group}: {readonly passwd: string; readonly group: string}) {
    this.#users = idsOf(passwd)
    this.#groups = idsOf(group)
  }

  /** The id of a name, or the archive's id if no account has that name. */
  uid = (name: string, fallback: number): number => (name === 'root' ? 0 : (this.#users.get(name) ?? fallback))
  gid = (name: string, fallback: number): number => (name === 'root' ? 0 : (this.#groups.get(name) ?? fallback))
}

const idsOf = (text: string): Map<string, number> =>
  new Map(
    text.split('\n').flatMap((line): [string, number][] => {
      const [name = '', , id = ''] = line.split(':')
      return name !== '' && /^\d+$/.test(id) ? [[name, Number(id)]] : []
    }),
  )
