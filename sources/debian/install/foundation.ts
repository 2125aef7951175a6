import {parseRelations} from '../archive/deb822.ts'
import type {DebianPackage} from '../archive/debian-package.ts'

/**
 * Packages that must be configured before the rest is unpacked: essential packages, those in some package's
 * `Pre-Depends`, and all their dependencies.
 */
export function foundationOf(packages: readonly DebianPackage[]): ReadonlySet<DebianPackage> {
  const providers = new Map<string, DebianPackage>()
  for (const item of packages) {
    for (const {name} of parseRelations(item.fields.get('provides')).flat()) {
      if (!providers.has(name)) providers.set(name, item)
    }
  }
  // A real package takes precedence over providers of its name.
  for (const item of packages) providers.set(item.name, item)

  const needs = (item: DebianPackage, field: string): DebianPackage[] =>
    parseRelations(item.fields.get(field)).flatMap((group) => {
      const found = group.map(({name}) => providers.get(name)).find((provider) => provider !== undefined)
      return found ? [found] : []
    })

  const foundation = new Set<DebianPackage>()
  const waiting = packages.filter((item) => item.fields.get('essential') === 'yes')
  waiting.push(...packages.flatMap((item) => needs(item, 'pre-depends')))
  for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) {
    if (foundation.has(item)) continue
    foundation.add(item)
    waiting.push(...needs(item, 'pre-depends'), ...needs(item, 'depends'))
  }
  return foundation
}
