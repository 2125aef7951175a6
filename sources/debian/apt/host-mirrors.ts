import {readdir, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'

/** URLs of Debian's archives, the preferred one first. */
export interface Mirrors {
  readonly main: readonly string[]
  readonly security: readonly string[]
}

/**
 * Finds the Debian mirrors in the build machine's apt configuration (sources.list(5)). Returns empty lists on other systems.
 *
 * It reads the files because every build needs them, and `apt-get indextargets` takes longer than the rest of a build in
 * which everything is cached.
 */
export async function loadHostMirrors(aptDirectory = '/etc/apt'): Promise<Mirrors> {
  const entries: AptEntry[] = []
  for (const path of await sourceFiles(aptDirectory)) {
    const text = await readFile(path, 'utf8').catch(() => '')
    entries.push(...(path.endsWith('.sources') ? parseDeb822(text) : parseOneLine(text)))
  }
  const main: string[] = []
  const security: string[] = []
  for (const entry of entries.filter(isDebian)) {
    const mirrors = (await Promise.all(entry.uris.map(readMirrorList))).flat()
    for (const suite of entry.suites) (isSecurity(suite) ? security : main).push(...mirrors)
  }
  return {main: [...new Set(main)], security: [...new Set(security)]}
}

/** One entry of apt's configuration. */
export interface AptEntry {
  readonly uris: readonly string[]
  readonly suites: readonly string[]
  readonly components: readonly string[]
  readonly signedBy: string
}

async function sourceFiles(aptDirectory: string): Promise<string[]> {
  const parts = join(aptDirectory, 'sources.list.d')
  const names = await readdir(parts).catch((): string[] => [])
  const files = names.filter((name) => /^[\w.-]+\.(?:list|sources)$/.test(name)).sort()
  return [join(aptDirectory, 'sources.list'), ...files.map((name) => join(parts, name))]
}

/** Reads the one-line style: `deb [signed-by=KEY] URI SUITE COMPONENT…`. */
export function parseOneLine(text: string): AptEntry[] {
  return text.split('\n').flatMap((line): AptEntry[] => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)([^#]*)/.exec(line)
    if (match === null) return []
    const [, options = '', uri = '', suite = '', rest = ''] = match
    const signedBy = /(?:^|\s)signed-by=(\S+)/.exec(options)?.[1] ?? ''
    return [{uris: [uri], suites: [suite], components: words(rest), signedBy}]
  })
}

/** Reads the deb822 style: stanzas of `Field: value`. */
export function parseDeb822(text: string): AptEntry[] {
  const plain = text.replace(/^#.*\n?/gm, '')
  return plain.split(/\n\s*\n/).flatMap((stanza): AptEntry[] => {
    const field = (name: string) =>
      new RegExp(`^${name}:((?:.*)(?:\\n[ \\t].*)*)`, 'im').exec(stanza)?.[1]?.trim() ?? ''
    if (!words(field('Types')).includes('deb') || /^(?:no|false|0|off)$/i.test(field('Enabled'))) return []
    return [
      {
        uris: words(field('URIs')),
        suites: words(field('Suites')),
        components: words(field('Components')),
        signedBy: field('Signed-By'),
      },
    ]
  })
}

/** Debian's code names and aliases: other vendors have repositories "for Debian", too. */
const releases = /^(?:buster|bullseye|bookworm|trixie|forky|duke|sid|(?:old)*stable|testing|unstable)(?:[-/]|$)/

const isSecurity = (suite: string): boolean => /-security$|\/updates$/.test(suite)

const isDebian = ({uris, suites, components, signedBy}: AptEntry): boolean =>
  components.includes('main') &&
  suites.some((suite) => releases.test(suite)) &&
  uris.some((uri) => uri.includes('debian') || uri.startsWith('mirror')) &&
  // An inline key or another vendor's key file is not Debian's.
  (signedBy === '' || signedBy.includes('debian-archive'))

/** `mirror+file:/PATH` names a file with one mirror a line (apt-transport-mirror(1)); Debian's cloud images use it. */
async function readMirrorList(uri: string): Promise<string[]> {
  if (!uri.startsWith('mirror')) return /^(?:https?|file):/.test(uri) ? [uri.replace(/\/+$/, '')] : []
  if (!uri.startsWith('mirror+file:')) return []
  const text = await readFile(fileURLToPath(uri.slice('mirror+'.length)), 'utf8').catch(() => '')
  return text
    .split('\n')
    .flatMap((line) => words(line.replace(/#.*/, '')).slice(0, 1))
    .map((mirror) => mirror.replace(/\/+$/, ''))
}

const words = (text: string): string[] => text.split(/\s+/).filter(Boolean)
