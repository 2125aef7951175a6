import {type DebianSpec, redactUrl} from '#dsl'
import {loadHostMirrors} from './host-mirrors.ts'

/** One archive that packages come from: Debian's main one, that of security updates, or another repository. */
export interface DebianArchive {
  /** Its name in the lock file. */
  readonly name: string
  /** Its directory on snapshot services, if they have it. */
  readonly directory?: 'debian' | 'debian-security'
  readonly mirrors: readonly string[]
  readonly suites: readonly string[]
  /** Default: those of the recipe's base. */
  readonly components?: readonly string[]
  /** Host path of the trusted keys. Default: Debian's. */
  readonly keyring?: string
  /** It need not be signed. */
  readonly isTrusted?: boolean | undefined
}

/** Fills in the build machine's mirrors if the recipe names none. All mirrors serve the same files. */
export async function completeMirrors(spec: DebianSpec): Promise<DebianSpec> {
  if (spec.mirrors !== undefined) {
    return {...spec, securityMirrors: spec.securityMirrors ?? spec.mirrors.map((mirror) => `${trim(mirror)}-security`)}
  }
  const host = await loadHostMirrors()
  return {...spec, mirrors: [...host.main], securityMirrors: spec.securityMirrors ?? [...host.security]}
}

/** The archives that a recipe uses. Pure: expects a spec with its mirrors filled in. */
export function archivesOf(spec: DebianSpec): readonly DebianArchive[] {
  const {suite, updates, security, mirrors = [], securityMirrors = []} = spec
  // Unstable gets its updates and fixes directly, so it has neither suite.
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

/** The recipe's repositories in addition to Debian's own, without their keys. Pure. */
export const repositoriesOf = ({repositories = [], suite: own}: DebianSpec): readonly DebianArchive[] =>
  repositories.map(({url, suite = own, components}) => ({
    name: archiveName(url),
    mirrors: [trim(url)],
    suites: [suite],
    components: suite.endsWith('/') ? [] : components,
  }))

/** A repository's URL without parts that may be secret or change. It never equals the name of another archive. */
function archiveName(url: string): string {
  const name = trim(redactUrl(url)).replace(/^\w+:\/*/, '')
  return ['main', 'security', 'local'].includes(name) ? `${name}/` : name
}

/** URLs of one file, the preferred one first. The snapshot service comes last because it is slow. */
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

/** A URL parser may have escaped the braces. */
const snapshotBase = (template: string, directory: string): string =>
  trim(template.replace(/\{archive\}|%7Barchive%7D/i, directory))

const trim = (address: string): string => address.replace(/\/+$/, '')
