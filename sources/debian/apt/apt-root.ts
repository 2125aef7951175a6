import {join} from 'node:path'
import {type Arch, HaosError} from '#dsl'
import {defineTool, digestOf, makeDirectory, runTool, Toolbox, toolMissing, writeAtomically} from '#engine'
import {debianArch} from '../debian-arch.ts'
import type {DebianArchive} from './archives.ts'
import {checkReleases} from './check-release.ts'
import {hostAcquireOptions} from './host-acquire.ts'

/** Settings of a private apt. */
export interface AptRootOptions {
  readonly archives: readonly DebianArchive[]
  readonly components: readonly string[]
  readonly arch: Arch
  /** Host path of the trusted keys. */
  readonly keyring: string
  /** Directory for indexes. */
  readonly cacheDir: string
  readonly signal: AbortSignal
}

/** Programs of apt that run through flock. */
const aptPrograms = ['apt-get', 'apt-cache'] as const
type AptProgram = (typeof aptPrograms)[number]

/**
 * The real apt in its own root: no package is installed there, and of the build machine's apt only the proxies and other
 * transfer options are read. It works for any architecture and without root privileges.
 */
export class AptRoot {
  /** One mirror of each archive, as in `sources.list`. */
  readonly mirrors: ReadonlyMap<string, string>
  /** Directory of its files. */
  readonly directory: string
  readonly #options: AptRootOptions
  readonly #toolbox = new Toolbox()

  private constructor(directory: string, mirrors: ReadonlyMap<string, string>, options: AptRootOptions) {
    this.directory = directory
    this.mirrors = mirrors
    this.#options = options
  }

  /** Sets up a root for one choice of mirrors, given as archive name → URL. */
  static async open(mirrors: ReadonlyMap<string, string>, options: AptRootOptions): Promise<AptRoot> {
    const {archives, components, arch, keyring, cacheDir} = options
    const lines = archives.flatMap((archive) => {
      const mirror = mirrors.get(archive.name) ?? ''
      const words = (archive.components ?? components).join(' ')
      const settings = sourceOptions(mirror, {arch, keyring: archive.keyring ?? keyring, isTrusted: archive.isTrusted})
      return archive.suites.map((suite) =>
        `deb [${settings}] ${mirror} ${suite} ${suite.endsWith('/') ? '' : words}`.trimEnd(),
      )
    })
    const directory = join(cacheDir, 'debian', digestOf({lines}).slice(0, 16))
    const apt = new AptRoot(directory, mirrors, options)
    for (const program of aptPrograms) {
      const tool = {name: program, purpose: 'resolve packages', package: 'apt', args: () => []}
      if (!(await apt.#toolbox.find(tool))) throw toolMissing(tool)
    }
    for (const part of ['lists/partial', 'archives/partial', 'log']) await makeDirectory(join(directory, part))
    const files = {
      status: '',
      'sources.list': `${lines.join('\n')}\n`,
      'apt.conf': renderConfig(directory, arch, await hostAcquireOptions(options.signal)),
    }
    // Other builds may open the same root and read these files at the same time.
    for (const [name, text] of Object.entries(files)) await writeAtomically(join(directory, name), text)
    return apt
  }

  /** Fetches changed indexes and checks their signatures. Fails with SIGNATURE_INVALID or DOWNLOAD_FAILED. */
  async update(): Promise<void> {
    try {
      await this.run('apt-get', ['update', '--error-on=any'])
    } catch (error) {
      if (!(error instanceof HaosError) || error.code !== 'TOOL_FAILED') throw error
      throw updateError(error, [...this.mirrors.values()])
    }
    await checkReleases(
      join(this.directory, 'lists'),
      this.#options.archives.flatMap(({suites}) => suites.filter((suite) => !suite.endsWith('/'))),
    )
  }

  /** Runs one of apt's programs in the root and returns its output. Fails with TOOL_FAILED. */
  run(program: AptProgram, words: readonly string[]): Promise<string> {
    const tool = defineTool<readonly string[]>({
      // Builds may share the store, and apt itself fails at once if a root is in use.
      name: 'flock',
      purpose: 'resolve packages with apt',
      package: 'util-linux',
      env: {APT_CONFIG: join(this.directory, 'apt.conf'), ...proxyEnvironment()},
      args: (command) => [join(this.directory, 'lock'), ...command],
    })
    return runTool(tool, [program, ...words], {
      toolbox: this.#toolbox,
      log: join(this.directory, 'apt.log'),
      scratch: this.directory,
      epoch: 0,
      signal: this.#options.signal,
    })
  }
}

/** Options of one entry (sources.list(5)). A snapshot service serves the lists of a past day, which have expired. */
const sourceOptions = (
  mirror: string,
  {arch, keyring, isTrusted = false}: Pick<AptRootOptions, 'arch' | 'keyring'> & Pick<DebianArchive, 'isTrusted'>,
): string =>
  [
    `arch=${debianArch(arch)}`,
    isTrusted ? 'trusted=yes' : `signed-by=${keyring}`,
    ...(/\/\d{8}(?:T\d{6}Z)?(?:\/|$)/.test(mirror) ? ['check-valid-until=no'] : []),
  ].join(' ')

/** apt.conf(5), read before any other configuration; it disables all others. */
function renderConfig(directory: string, arch: Arch, acquire: readonly string[]): string {
  const inside = (name: string) => join(directory, name)
  const settings: Readonly<Record<string, string>> = {
    'APT::Architecture': debianArch(arch),
    'APT::Architectures::': debianArch(arch),
    'APT::Install-Recommends': 'false',
    'APT::Install-Suggests': 'false',
    // By default apt treats itself as essential; a node does not need it.
    'pkgCacheGen::ForceEssential': ',',
    'Acquire::Languages': 'none',
    // Old versions print MD5 by default.
    'Acquire::ForceHash': 'SHA256',
    'Acquire::Retries': '3',
    // A mirror that keeps serving old lists withholds later fixes.
    'Acquire::Check-Valid-Until': 'true',
    'Acquire::Check-Date': 'true',
    // apt needs no sandbox user here, and other users may have no access to the directory.
    'APT::Sandbox::User': '',
    'Dir::State': directory,
    'Dir::State::status': inside('status'),
    'Dir::State::lists': inside('lists'),
    'Dir::State::extended_states': inside('extended_states'),
    'Dir::Cache': directory,
    'Dir::Cache::archives': inside('archives'),
    'Dir::Log': inside('log'),
    'Dir::Etc::sourcelist': inside('sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::Etc::main': '/dev/null',
    'Dir::Etc::parts': '/dev/null',
    'Dir::Etc::trusted': '/dev/null',
    'Dir::Etc::trustedparts': '/dev/null',
  }
  return [...acquire, ...Object.entries(settings).map(([name, value]) => `${name} "${value}";`), ''].join('\n')
}

function proxyEnvironment(): Record<string, string> {
  const names = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])))
}

/** apt has no error codes, so this matches its messages; LC_ALL=C keeps them in English. */
function updateError(cause: HaosError, mirrors: readonly string[]): HaosError {
  const {output = '', log, command} = cause.details
  const said = output.split('\n').filter((line) => /^[EW]:/.test(line))
  const details = {at: mirrors.join(', '), output: said.join('\n') || output, log, command, cause}
  if (/NO_PUBKEY|BADSIG|EXPKEYSIG|EXPSIG|REVKEYSIG|is not signed|not correctly signed|NODATA/.test(output)) {
    return new HaosError('SIGNATURE_INVALID', 'the mirror is not signed by a trusted key', {
      hint: "Upgrade the package debian-archive-keyring, or name the archive's keys with `keyring`; if both are right, do not use this mirror.",
      ...details,
    })
  }
  const ofTheFuture = /Release file for .* is not valid yet/.test(output)
  if (ofTheFuture || /Release file for .* is expired/.test(output)) {
    return new HaosError(
      'DOWNLOAD_FAILED',
      `the package lists of the mirror ${ofTheFuture ? 'are dated in the future' : 'have expired'}`,
      {
        hint: 'Check the clock of this machine. If it is right, the mirror is stale: name another one, or the dated URL of a snapshot service.',
        ...details,
      },
    )
  }
  return new HaosError('DOWNLOAD_FAILED', 'the package lists could not be fetched', {
    hint: 'Check the suite and the mirrors in the recipe, and the network connection; `mirrors` selects other mirrors.',
    ...details,
  })
}
