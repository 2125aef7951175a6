import {join} from 'node:path'
import {HaosError} from '#dsl'
import {digestOfBytes, type EmitEvent, writeAtomically} from '#engine'
import type {LockedPackage, PinnedPackages} from '#image'
import {parseStanzas} from '../archive/deb822.ts'
import type {AptRoot} from './apt-root.ts'

interface ResolvePinnedOptions {
  readonly apt: AptRoot
  readonly emit: EmitEvent
}

/**
 * Resolves with pinned packages, as far as apt still finds them: `resolve` receives arguments for apt-get.
 *
 * If the rest is incompatible with the updates, everything is chosen again, with a note.
 */
export async function resolvePinned(
  pinned: PinnedPackages | undefined,
  {apt, emit}: ResolvePinnedOptions,
  resolve: (options: readonly string[]) => Promise<LockedPackage[]>,
): Promise<LockedPackage[]> {
  if (pinned === undefined) return resolve([])
  const preferences = renderPreferences(pinned, await sourcesOf(pinned, apt))
  const file = join(apt.directory, `pins-${digestOfBytes(preferences).slice(0, 16)}`)
  await writeAtomically(file, preferences)
  try {
    return await resolve(['-o', `Dir::Etc::preferences=${file}`])
  } catch (error) {
    if (!(error instanceof HaosError) || error.code !== 'PACKAGE_CONFLICT') throw error
    const packages = await resolve([])
    emit({type: 'note', message: `the other packages cannot keep their versions; all are chosen again`})
    return packages
  }
}

/** apt_preferences(5): a priority above 1000 selects even an older version than the mirror's. A version that no longer exists is ignored. */
function renderPreferences({packages, update}: PinnedPackages, sources: ReadonlyMap<string, string>): string {
  // Packages from one source often depend on each other in exactly the same version.
  const updated = new Set(update.map((name) => sources.get(name) ?? name))
  return packages
    .filter(({name}) => !updated.has(sources.get(name) ?? name))
    .map(({name, version}) => `Package: ${name}\nPin: version ${version}\nPin-Priority: 1001\n`)
    .join('\n')
}

/** Source packages of the pinned packages that still exist, by name. */
async function sourcesOf({packages}: PinnedPackages, apt: AptRoot): Promise<ReadonlyMap<string, string>> {
  const known = new Set((await apt.run('apt-cache', ['pkgnames'])).split('\n'))
  const names = packages.map(({name}) => name).filter((name) => known.has(name))
  if (names.length === 0) return new Map()
  const stanzas = parseStanzas(await apt.run('apt-cache', ['show', '--no-all-versions', ...names]))
  return new Map(
    stanzas.map((stanza) => {
      const name = stanza.get('package') ?? ''
      // Followed by its version in parentheses if that differs (deb-control(5)).
      return [name, stanza.get('source')?.replace(/\s.*/, '') ?? name]
    }),
  )
}
