import type {NetworkProblem, WantedLink} from './wanted.ts'
import {partsOf} from './wanted.ts'

/** The links in an order in which they can be made: each after its members or the link below it. */
export function orderLinks(links: readonly WantedLink[]): {
  readonly ordered: readonly WantedLink[]
  readonly problems: readonly NetworkProblem[]
} {
  const byId = new Map(links.map((link) => [link.id, link]))
  const states = new Map<string, 'open' | 'done' | 'circular'>()
  const ordered: WantedLink[] = []
  const problems: NetworkProblem[] = []
  /** Whether the link can be made. */
  function visit(link: WantedLink): boolean {
    const state = states.get(link.id)
    if (state !== undefined) return state === 'done'
    states.set(link.id, 'open')
    const circular = partsOf(link).find((id) => {
      const part = byId.get(id)
      return part !== undefined && !visit(part)
    })
    if (circular !== undefined) {
      states.set(link.id, 'circular')
      problems.push({
        path: link.path,
        message: `is made from itself, by way of ${circular}`,
        hint: 'Remove one of the references between these links.',
      })
      return false
    }
    states.set(link.id, 'done')
    ordered.push(link)
    return true
  }
  for (const link of links) visit(link)
  return {ordered, problems}
}
