import type {MatchedCard} from './match-cards.ts'
import type {Operation} from './network-plan.ts'

/** Gives cards their names. Names may be exchanged, so a card whose name is still taken gets a temporary one first. */
export function planRenames(cards: readonly MatchedCard[]): readonly Operation[] {
  const renamed = cards.filter(({link, name}) => link.name !== name)
  const former = new Set(renamed.map(({link}) => link.name))
  const path = 'network.ethernets'
  const rename = (from: string, to: string): Operation => ({path, ip: ['link', 'set', 'dev', from, 'name', to]})
  const isTaken = ({name}: MatchedCard) => former.has(name)
  return [
    ...renamed.filter(({link}) => link.isUp).map(({link}) => ({path, ip: ['link', 'set', 'dev', link.name, 'down']})),
    ...renamed.filter(isTaken).map(({link}, index) => rename(link.name, `renamed${index}`)),
    ...renamed.filter((card) => !isTaken(card)).map(({link, name}) => rename(link.name, name)),
    ...renamed.filter(isTaken).map(({name}, index) => rename(`renamed${index}`, name)),
  ]
}
