import type {Link} from '../links.ts'
import type {Ethernet, NetworkProblem, WantedLink} from './wanted.ts'

/** A card of the document: its name now, and the name that it gets. */
export interface MatchedCard {
  readonly link: Link
  readonly name: string
}

/** The cards of each entry in `ethernets`, by its id. An entry without a match has none. */
export interface MatchedCards {
  readonly cards: ReadonlyMap<string, readonly MatchedCard[]>
  readonly problems: readonly NetworkProblem[]
}

/** Links that the node makes; they have the MAC address of a card, and are none. */
const made: ReadonlySet<string | undefined> = new Set(['bond', 'bridge', 'vlan', 'loopback'])

export function matchCards(wanted: readonly WantedLink[], links: readonly Link[]): MatchedCards {
  const cards = new Map<string, readonly MatchedCard[]>()
  const problems: NetworkProblem[] = []
  const taken = new Map<string, string>()
  const candidates = links.filter(({kind}) => !made.has(kind))
  for (const {id, path, ...rest} of wanted) {
    if (rest.kind !== 'ethernet') continue
    const {settings} = rest
    const found = candidates.filter((link) => isMatch(link, id, settings))
    const free = found.filter(({name}) => !taken.has(name))
    for (const {name} of free) taken.set(name, id)
    const [first] = found
    if (first === undefined && !settings.optional)
      problems.push({
        path,
        message: settings.match === undefined ? 'does not exist on this machine' : 'matches no card of this machine',
        hint: 'Compare it with `ip -details link`, or make it optional.',
      })
    if (first !== undefined && free.length === 0)
      problems.push({
        path,
        message: `matches ${first.name}, which belongs to ${taken.get(first.name)}`,
        hint: 'Let each entry match other cards.',
      })
    const newName = settings['set-name']
    if (newName !== undefined && free.length > 1)
      problems.push({
        path: `${path}.set-name`,
        message: `cannot name ${free.length} cards: ${free.map(({name}) => name).join(', ')}`,
        hint: 'Match one card only, such as by its MAC address.',
      })
    const name = free.length === 1 ? newName : undefined
    cards.set(
      id,
      free.map((link) => ({link, name: name ?? link.name})),
    )
  }
  return {cards, problems}
}

function isMatch(link: Link, id: string, {match, ...settings}: Ethernet): boolean {
  if (match === undefined) return link.name === id
  const {name, macaddress, driver} = match
  // After the card was renamed, its former name matches no more.
  const isRenamed = settings['set-name'] !== undefined && settings['set-name'] === link.name
  // All members of a bond have the address of one of them.
  const current = link.master === undefined ? [link.mac] : []
  const addresses = [...current, link.permanentMac].map((mac) => mac?.toLowerCase())
  return (
    (name === undefined || isRenamed || globOf(name).test(link.name)) &&
    (macaddress === undefined || addresses.includes(macaddress.toLowerCase())) &&
    (driver === undefined || driver.some((each) => globOf(each).test(link.driver ?? '')))
  )
}

/** A pattern of glob(7) as a regular expression. */
function globOf(pattern: string): RegExp {
  const source = pattern.replace(/\[!?[^\]]+\]|[\s\S]/g, (part) => {
    if (part === '*') return '.*'
    if (part === '?') return '.'
    if (part.length > 1) return `[${part.slice(1, -1).replace(/^!/, '^').replace(/\\/g, '\\\\')}]`
    return part.replace(/[.+^${}()|[\]\\]/g, '\\$&')
  })
  return new RegExp(`^(?:${source})$`)
}
