import type {LockedPackage, WantedPackage} from '#image'
import {parseRelations, parseStanzas} from '../archive/deb822.ts'
import type {AptRoot} from './apt-root.ts'

/** Lists what requires each package of a resolved system: packages that depend on it, the request, or every Debian system. */
export async function explainPackages(
  requests: readonly string[],
  packages: readonly LockedPackage[],
  apt: AptRoot,
): Promise<WantedPackage[]> {
  const words = packages.map(({name, version}) => `${name}=${version}`)
  const stanzas = words.length === 0 ? [] : parseStanzas(await apt.run('apt-cache', ['show', ...words]))
  const byName = new Map(stanzas.map((stanza) => [stanza.get('package') ?? '', stanza]))
  const wanted = new Map<string, Set<string>>()
  const want = (name: string, by: string) => wanted.set(name, (wanted.get(name) ?? new Set()).add(by))
  const providers = new Map<string, string[]>()
  for (const [name, stanza] of byName)
    for (const {name: provided} of parseRelations(stanza.get('provides')).flat())
      providers.set(provided, [...(providers.get(provided) ?? []), name])
  const label = (name: string) => `${name} ${byName.get(name)?.get('version') ?? ''}`.trim()
  for (const request of requests) want(request.replace(/=.*/, ''), request)
  for (const [name, stanza] of byName) {
    if (stanza.get('essential') === 'yes') want(name, 'essential on every Debian system')
    const groups = ['pre-depends', 'depends'].flatMap((field) => parseRelations(stanza.get(field)))
    for (const group of groups)
      for (const {name: alternative} of group)
        for (const chosen of byName.has(alternative) ? [alternative] : (providers.get(alternative) ?? []))
          want(chosen, label(name))
  }
  return [...byName.keys()].map((name) => ({name, label: label(name), wantedBy: [...(wanted.get(name) ?? [])]}))
}
