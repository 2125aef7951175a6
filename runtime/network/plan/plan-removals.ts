import type {Link} from '../links.ts'
import {signatureOf} from './making-of.ts'
import type {AppliedNetwork, Operation} from './network-plan.ts'
import type {WantedLink} from './wanted.ts'

/**
 * Removes links that an earlier document made and that are not wanted any more, or not like that. Returns the links that
 * are left: a VLAN vanishes with the link below it, and members are freed.
 */
export function planRemovals(
  wanted: readonly WantedLink[],
  links: readonly Link[],
  before: AppliedNetwork,
): {readonly operations: readonly Operation[]; readonly left: readonly Link[]} {
  const obsolete = new Set(links.filter((link) => isObsolete(link, wanted, before)).map(({name}) => name))
  const isGone = ({name, parent, kind}: Link): boolean =>
    obsolete.has(name) || (kind === 'vlan' && parent !== undefined && obsolete.has(parent))
  return {
    operations: [...obsolete].map((name) => ({path: 'network', ip: ['link', 'delete', 'dev', name]})),
    left: links
      .filter((link) => !isGone(link))
      .map((link) => (link.master !== undefined && obsolete.has(link.master) ? {...link, master: undefined} : link)),
  }
}

function isObsolete({name, kind}: Link, wanted: readonly WantedLink[], before: AppliedNetwork): boolean {
  const link = wanted.find((each) => each.id === name && each.kind !== 'ethernet')
  const made = before[name]?.made ?? ''
  // The kernel's module makes a bond0 by itself.
  if (made === '') return link !== undefined && link.kind === kind
  return kind !== undefined && (link === undefined || kind !== link.kind || made !== signatureOf(link))
}
