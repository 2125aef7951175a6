import {join, resolve} from 'node:path'
import {HaosError, type LocalPackage} from '#dsl'
import {digestOf, digestOfBytes, makeDirectory, runTool, Toolbox, writeAtomically} from '#engine'
import type {ExplainContext, LockedPackage} from '#image'
import {dpkgDebField} from '#tools'
import {parseStanzas} from '../archive/deb822.ts'
import type {DebianArchive} from './archives.ts'

/** Package files next to the recipe, as apt sees them. */
export interface LocalArchive {
  readonly archive: DebianArchive
  /** What apt calls a package, as `name=version`, by its path. */
  readonly words: ReadonlyMap<string, string>
}

/** The archive of the lock file whose paths are relative to the recipe. */
export const localArchiveName = 'local'

/**
 * Creates a repository that lists package files next to the recipe, so that apt resolves them with all others. It holds only
 * their control fields, which is enough to resolve names. Fails with PACKAGE_INVALID for a file that is not a Debian package.
 */
export async function makeLocalArchive(
  packages: readonly LocalPackage[],
  {recipeDirectory, cacheDir, signal}: ExplainContext,
): Promise<LocalArchive> {
  const directory = join(cacheDir, 'debian', `local-${digestOf(packages).slice(0, 16)}`)
  await makeDirectory(directory)
  const words = new Map<string, string>()
  const stanzas: string[] = []
  for (const {path, sha256, sizeBytes} of packages) {
    const control = await readControl(resolve(recipeDirectory, path), path, {directory, signal})
    const fields = parseStanzas(control)[0]
    const [name, version] = [fields?.get('package'), fields?.get('version')]
    if (name === undefined || version === undefined) throw noPackage(path)
    words.set(path, `${name}=${version}`)
    stanzas.push(`${control.trimEnd()}\nFilename: ./${sha256}.deb\nSize: ${sizeBytes}\nSHA256: ${sha256}\n`)
  }
  const index = stanzas.join('\n')
  // No signature: the digests are those of the recipe's own files. apt refuses a repository without a Release file.
  const release = `Suite: local\nSHA256:\n ${digestOfBytes(index)} ${Buffer.byteLength(index)} Packages\n`
  await writeAtomically(join(directory, 'Packages'), index)
  await writeAtomically(join(directory, 'Release'), release)
  const archive = {name: localArchiveName, mirrors: [`file:${encodeURI(directory)}`], suites: ['./'], isTrusted: true}
  return {archive, words}
}

/** The packages as the lock file names them: files next to the recipe by their own path. */
export const withLocalPaths = (
  locked: readonly LockedPackage[],
  packages: readonly LocalPackage[],
): readonly LockedPackage[] =>
  locked.map((item) => {
    const local = item.archive === localArchiveName && packages.find(({sha256}) => sha256 === item.sha256)
    return local ? {...item, path: local.path} : item
  })

async function readControl(
  archive: string,
  path: string,
  {directory, signal}: {readonly directory: string; readonly signal: AbortSignal},
): Promise<string> {
  try {
    const log = join(directory, 'dpkg-deb.log')
    return await runTool(dpkgDebField, {archive}, {toolbox: new Toolbox(), log, scratch: directory, epoch: 0, signal})
  } catch (error) {
    if (!(error instanceof HaosError) || error.code !== 'TOOL_FAILED') throw error
    throw noPackage(path, error)
  }
}

const noPackage = (path: string, cause?: HaosError): HaosError =>
  new HaosError('PACKAGE_INVALID', `${path} is not a Debian package`, {
    at: path,
    hint: 'Give a file that `dpkg-deb --info` can read.',
    output: cause?.details.output,
    cause,
  })
