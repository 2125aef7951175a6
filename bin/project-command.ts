import {Flags} from '@oclif/core'
import {Arch, HaosError} from '#dsl'
import {defaultStoreDirectory, nodeHttp, openRemoteCaches, type Signer} from '#engine'
import {
  buildProjects,
  commandSigner,
  loadSigner,
  type Project,
  passphraseVariable,
  type Target,
  type Workshop,
} from '#image'
import {runtimeBundleOptions} from '#runtime'
import {pinnedTools, sources} from '#sources'
import {BaseCommand, repository} from './base-command.ts'
import {type LoadProjectOptions, type LoadProjectsOptions, loadProject, loadProjects} from './load-project.ts'

/** Flags that mean the same wherever a recipe is read. */
export const projectFlags = {
  arch: Flags.option({options: Arch.options})({description: 'Architecture. Default: the first of the recipe.'}),
  recipe: Flags.string({description: 'Recipe to read.', default: 'haos.build.ts'}),
  set: Flags.string({
    description: 'Input of the recipe, as key=value. Repeatable.',
    multiple: true,
    multipleNonGreedy: true,
  }),
  image: Flags.string({
    description: 'Image of the recipe, if it exports several. Repeatable.',
    multiple: true,
    multipleNonGreedy: true,
  }),
  offline: Flags.boolean({description: 'Use no network: everything must be in the store.'}),
  tools: Flags.option({options: ['host', 'lock'] as const})({
    description:
      "Tools to run: this machine's, or those that haos.lock.json pins. Default: $HAOS_BUILD_TOOLS, or host.",
  }),
}

/** Flags of commands that take several recipes and architectures at once. */
export const projectsFlags = {
  ...projectFlags,
  arch: Flags.option({options: Arch.options, multiple: true, multipleNonGreedy: true})({
    description: 'Architecture. Repeatable. Default: the first of the recipe.',
  }),
  recipe: Flags.string({
    description: 'Recipe to read. Repeatable.',
    multiple: true,
    multipleNonGreedy: true,
    default: ['haos.build.ts'],
  }),
}

/** Flags of all commands that run steps. */
export const stepFlags = {
  ...projectsFlags,
  out: Flags.string({description: 'Directory for finished files.', default: 'out'}),
  jobs: Flags.integer({char: 'j', min: 1, description: 'Steps to run at once. Default: one per processor.'}),
  locked: Flags.boolean({description: 'Fail rather than change haos.lock.json.'}),
  'sign-key': Flags.string({
    description: `Private key that signs the release: PEM, Ed25519 or ECDSA P-256. Repeatable. ${passphraseVariable} is its passphrase.`,
    helpValue: 'FILE',
    multiple: true,
    multipleNonGreedy: true,
  }),
  'sign-command': Flags.string({
    description:
      'Command that signs in place of a private key: it reads the document and prints the signature. --sign-key is then the public key.',
    helpValue: 'COMMAND',
    dependsOn: ['sign-key'],
  }),
  'script-silence': Flags.integer({
    min: 1,
    description: "Minutes that a package's or the recipe's script may print nothing before it is ended. Default: 30.",
    helpValue: 'MINUTES',
  }),
}

/** Flags of all commands that build. */
export const buildFlags = {
  ...stepFlags,
  cache: Flags.string({
    description:
      'Cache of results over HTTP (bazel-remote, WebDAV), which is read; with ",write" results are sent to it, too. Repeatable.',
    helpValue: 'URL[,write]',
    multiple: true,
    multipleNonGreedy: true,
    exclusive: ['offline'],
  }),
}

/** The parsed `buildFlags`. */
export interface BuildFlags extends LoadProjectsOptions {
  readonly offline: boolean
  readonly locked: boolean
  readonly out: string
  readonly jobs?: number | undefined
  readonly 'sign-key'?: readonly string[] | undefined
  readonly 'sign-command'?: string | undefined
  readonly 'script-silence'?: number | undefined
  readonly tools?: 'host' | 'lock' | undefined
  readonly cache?: readonly string[] | undefined
}

/** For commands of which only some build. */
const defaultTools = () => (process.env['HAOS_BUILD_TOOLS'] === 'lock' ? 'lock' : 'host')

/** A command that reads a recipe. */
export abstract class ProjectCommand extends BaseCommand {
  protected load(flags: LoadProjectOptions): Promise<Project> {
    return loadProject(flags)
  }

  protected loadAll(flags: LoadProjectsOptions): Promise<readonly Project[]> {
    return loadProjects(flags)
  }

  protected workshop({offline, tools = defaultTools()}: Pick<BuildFlags, 'offline' | 'tools'>): Workshop {
    return {
      sources,
      http: nodeHttp({offline}),
      repository,
      bundleOptions: runtimeBundleOptions,
      storeDirectory: defaultStoreDirectory(),
      emit: this.emit,
      signal: this.signal,
      install: !offline,
      tools: tools === 'lock' ? pinnedTools : undefined,
    }
  }

  /** Those that sign releases. Fails with USAGE_INVALID. */
  protected async signers({
    'sign-key': keys = [],
    'sign-command': command,
  }: Pick<BuildFlags, 'sign-key' | 'sign-command'>): Promise<readonly Signer[]> {
    const paths = [...new Set(keys)]
    const [path, ...more] = paths
    if (command === undefined || path === undefined) {
      const passphrase = process.env[passphraseVariable]
      return Promise.all(paths.map((each) => loadSigner(each, {passphrase})))
    }
    if (more.length > 0)
      throw new HaosError('USAGE_INVALID', '--sign-command signs with one key', {
        at: '--sign-key',
        hint: 'Give --sign-key once, with the public key that belongs to the command.',
      })
    return [await commandSigner(command, path)]
  }

  /** Builds, and lists the artifacts. */
  protected async build(targets: readonly Target[], flags: BuildFlags) {
    const {out, jobs, locked, 'script-silence': silence} = flags
    if (out === '')
      throw new HaosError('USAGE_INVALID', '--out names no directory', {hint: 'Name one, or leave --out away.'})
    const signers = await this.signers(flags)
    await using cache = flags.cache && (await openRemoteCaches(flags.cache, {emit: this.emit, signal: this.signal}))
    const artifacts = await buildProjects(await this.loadAll(flags), this.workshop(flags), {
      targets,
      out,
      jobs,
      signers,
      cache,
      locked: locked || flags.offline,
      scriptSilenceMs: silence === undefined ? undefined : silence * 60_000,
    })
    return {type: 'result' as const, artifacts}
  }
}
