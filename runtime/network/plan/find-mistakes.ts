import type {NetworkConfig} from '#dsl'
import {orderLinks} from './order-links.ts'
import {type NetworkProblem, partsOf, type WantedLink, wantedLinks} from './wanted.ts'

/** Mistakes of a document that no single value shows: links without what they are made from, names given twice. */
export function findMistakes(config: NetworkConfig): readonly NetworkProblem[] {
  const links = wantedLinks(config)
  return [
    ...links.flatMap((link) => mistakesOf(link)),
    ...namesGivenTwice(links),
    ...membersOfTwo(links),
    ...orderLinks(links).problems,
  ]
}

function mistakesOf(link: WantedLink): readonly NetworkProblem[] {
  const problems: NetworkProblem[] = []
  const add = (path: string, message: string, hint: string) => problems.push({path: link.path + path, message, hint})
  if ((link.kind !== 'ethernet' || link.settings.match === undefined) && !/^[^\s/:]{1,15}$/.test(link.id))
    add('', 'is not a name that an interface can have', 'Use at most 15 characters without blanks, "/" and ":".')
  if (link.kind === 'vlan' && !link.settings.id)
    add('.id', 'is missing', 'Give the number of the VLAN, from 1 to 4094.')
  if (link.kind === 'vlan' && !link.settings.link) add('.link', 'is missing', 'Name the link that carries the VLAN.')
  if (link.kind === 'bond' && partsOf(link).length === 0)
    add('.interfaces', 'is missing', 'Name the cards that work as one.')
  if (link.kind === 'ethernet' && link.settings['set-name'] !== undefined && link.settings.match === undefined)
    add('.match', 'is missing', 'A card that gets another name must be known by a property, such as macaddress.')
  for (const [index, {to = 'default', via}] of (link.settings.routes ?? []).entries())
    if (via !== undefined && to !== 'default' && to.includes(':') !== via.includes(':'))
      add(`.routes[${index}].via`, 'is of another family than the target', 'Use IPv4 or IPv6 for both.')
  return problems
}

function namesGivenTwice(links: readonly WantedLink[]): readonly NetworkProblem[] {
  const seen = new Set<string>()
  return links.flatMap(({id, path}) => {
    if (!seen.has(id)) {
      seen.add(id)
      return []
    }
    return [{path, message: 'has the name of another link', hint: 'Give each link its own name.'}]
  })
}

function membersOfTwo(links: readonly WantedLink[]): readonly NetworkProblem[] {
  const owners = new Map<string, string>()
  return links.flatMap((link) =>
    link.kind === 'vlan'
      ? []
      : partsOf(link).flatMap((member) => {
          const owner = owners.get(member)
          owners.set(member, owner ?? link.id)
          return owner === undefined
            ? []
            : [
                {
                  path: `${link.path}.interfaces`,
                  message: `contains ${member}, which is a member of ${owner}`,
                  hint: 'A link can be a member of one other link.',
                },
              ]
        }),
  )
}
