import type {Link} from '../links.ts'
import type {MatchedCard} from './match-cards.ts'
import {type NetworkProblem, partsOf, type WantedLink} from './wanted.ts'

/** A link of the document under its final name. */
export interface PlacedLink {
  readonly name: string
  readonly wanted: WantedLink
  /** What the kernel has of it; undefined if it must be made. */
  readonly now: Link | undefined
  /** Final names of its members, or of the link below a VLAN. */
  readonly parts: readonly string[]
}

/** Gives each link of the document its name, and looks up the links that it refers to. */
export function placeLinks(
  wanted: readonly WantedLink[],
  cards: ReadonlyMap<string, readonly MatchedCard[]>,
  links: readonly Link[],
): {readonly placed: readonly PlacedLink[]; readonly problems: readonly NetworkProblem[]} {
  const problems: NetworkProblem[] = []
  const names = new Map<string, readonly string[]>()
  const placed = wanted.flatMap((link): readonly PlacedLink[] => {
    if (link.kind === 'ethernet') {
      const own = cards.get(link.id) ?? []
      names.set(
        link.id,
        own.map(({name}) => name),
      )
      return own.map(({link: {name: former}, name}) => {
        const now = links.find((found) => found.name === former)
        return {name, wanted: link, now, parts: []}
      })
    }
    const parts = partsOf(link).flatMap((id) => {
      const found = names.get(id)
      if (found === undefined)
        problems.push({
          path: `${link.path}.${link.kind === 'vlan' ? 'link' : 'interfaces'}`,
          message: `names ${id}, which does not exist`,
          hint: 'Name a link of the document, or a card of this machine.',
        })
      return found ?? []
    })
    // Its parts may come later: a card that is plugged in.
    if (link.kind === 'vlan' && parts.length === 0) return []
    names.set(link.id, [link.id])
    return [{name: link.id, wanted: link, now: links.find(({name}) => name === link.id), parts}]
  })
  return {placed, problems}
}

/** The names of all members of bonds and bridges. */
export const membersOf = (placed: readonly PlacedLink[]): ReadonlySet<string> =>
  new Set(placed.flatMap(({wanted, parts}) => (wanted.kind === 'vlan' ? [] : parts)))

/** The cards that links refer to without an entry of their own. */
export function impliedCards(wanted: readonly WantedLink[], links: readonly Link[]): readonly WantedLink[] {
  const known = new Set(wanted.map(({id}) => id))
  const used = new Set(wanted.flatMap(partsOf))
  return links
    .filter(({name}) => used.has(name) && !known.has(name))
    .map(({name}) => ({id: name, path: `network.ethernets.${name}`, kind: 'ethernet', settings: {}}))
}
