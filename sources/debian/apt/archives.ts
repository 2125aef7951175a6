import {type DebianSpec, redactUrl} from '#dsl'
import {loadHostMirrors} from './host-mirrors.ts'

/** One archive that packages come from: Debian's main one, that of security updates, or another repository. */
export interface DebianArchive {
  /** As the lock file names it. */
  readonly name: string
  /** Directory that snapshot services use for it, where they have it. */
  readonly directory?: 'debian' | 'debian-security'
  readonly mirrors: readonly string[]
  readonly suites: readonly string[]
  /** Default: those of the recipe's base. */
  readonly components?: readonly string[]
  /** Host path of the keys that may sign. Default: Debian's. */
  readonly keyring?: string
  /** Nobody has to sign it. */
  readonly isTrusted?: boolean | undefined
}

/** Fills in the mirrors that the recipe leaves to the build machine. Other machines' mirrors serve the same files. */
export async function completeMirrors(spec: DebianSpec): Promise<DebianSpec> {
  if (spec.mirrors !== undefined) {
    return {...spec, securityMirrors: spec.securityMirrors ?? spec.mirrors.map((mirror) => `${trim(mirror)}-security`)}
  }
  const host = await loadHostMirrors()
  return {...spec, mirrors: [...host.main], securityMirrors: spec.securityMirrors ?? [...host.security]}
}

/** The archives that a recipe takes packages from. Pure: mirrors are those of a completed spec. */
export function archivesOf(spec: DebianSpec): readonly DebianArchive[] {
  const {suite, updates, security, mirrors = [], securityMirrors = []} = spec
  // Unstable gets its updates and fixes directly: it has neither suite.
  const released = suite !== 'sid' && suite !== 'unstable'
  const main: DebianArchive = {
    name: 'main',
    directory: 'debian',
    mirrors: mirrors.map(trim),
    suites: [suite, ...(updates && released ? [`${suite}-updates`] : [])],
  }
  if (!security || !released) return [main]
  const fixes: DebianArchive = {
    name: 'security',
    directory: 'debian-security',
    mirrors: securityMirrors.map(trim),
    suites: [`${suite}-security`],
  }
  return [main, fixes]
}

/** Repositories of the recipe in addition to Debian's own, without their keys. Pure. */
export const repositoriesOf = ({repositories = [], suite: own}: DebianSpec): readonly DebianArchive[] =>
  repositories.map(({url, suite = own, components}) => ({
    name: archiveName(url),
    mirrors: [trim(url)],
    suites: [suite],
    components: suite.endsWith('/') ? [] : components,
  }))

/** Its address without what may be secret or change, and never the name of another archive. */
function archiveName(url: string): string {
  const name = trim(redactUrl(url)).replace(/^\w+:\/*/, '')
  return ['main', 'security', 'local'].includes(name) ? `${name}/` : name
}

/** Addresses of one file, the best first; the snapshot service comes last, because it is slow. */
export function originsOf(
  spec: DebianSpec,
  {archive = 'main', path}: {archive?: string | undefined; path: string},
): string[] {
  const found = [...archivesOf(spec), ...repositoriesOf(spec)].find(({name}) => name === archive)
  if (found === undefined) return []
  const encoded = path.split('/').map(encodeURIComponent).join('/')
  const {directory} = found
  const snapshot =
    spec.snapshot === undefined || directory === undefined ? [] : [snapshotBase(spec.snapshot, directory)]
  return [...found.mirrors, ...snapshot].map((base) => `${base}/${encoded}`)
}

/** A parser of addresses may have escaped the braces. */
const snapshotBase = (template: string, directory: string): string =>
  trim(template.replace(/\{archive\}|%7Barchive%7D/i, directory))

const trim = (address: string): string => address.replace(/\/+$/, '')
