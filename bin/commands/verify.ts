import {rm} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {Args, Flags} from '@oclif/core'
import {HaosError} from '#dsl'
import {prepareOutput, temporaryDirectory, writeAtomically} from '#engine'
import {loadSigner, passphraseVariable, rebuildProjects} from '#image'
import {parseSize} from '#machine'
import {cloudNames, cloudTarget, diskFileFormats, diskTarget, targets} from '#targets'
import {type BuildFlags, ProjectCommand, stepFlags} from '../project-command.ts'
import {publishedFiles} from '../published-files.ts'
import {renderSummaries} from '../verification-summary.ts'
import {
  compareFinished,
  type FinishedFile,
  finishedFiles,
  isFileOf,
  localFile,
  refuseDifferences,
  renderVerified,
  type VerifiedFile,
} from '../verify-files.ts'

export default class Verify extends ProjectCommand {
  static override summary = 'Build finished files again, and compare every byte.'
  static override description =
    'Builds from the recipe and haos.lock.json in an empty store, which takes as long as a first build without its downloads. The first difference is named down to the file in the layer, and the field or byte of it.'
  static override examples = [
    {description: 'Everything in out/', command: '<%= config.bin %> verify'},
    {description: 'One file', command: '<%= config.bin %> verify out/haos-0.1.0-amd64.iso'},
    {
      description: 'Files that somebody else has built, with the inputs that they name',
      command: '<%= config.bin %> verify ~/Downloads/haos-0.1.0-amd64.iso --set kernel=cloud',
    },
    {
      description: 'What somebody has published; only files that differ are fetched',
      command: '<%= config.bin %> verify --against https://images.example.com/0.1.0',
    },
    {
      description: 'With a signed statement for others',
      command:
        '<%= config.bin %> verify --statement verified.intoto.jsonl --statement-key key.pem --verifier https://example.com/builds',
    },
  ]
  static override strict = false
  static override args = {
    file: Args.string({ignoreStdin: true, description: 'Finished files. Default: all that SHA256SUMS in --out names.'}),
  }
  static override flags = {
    ...stepFlags,
    locked: Flags.boolean({hidden: true}),
    size: Flags.string({
      description: 'Size of the disk in disk and cloud images, if it was given to the build.',
      helpValue: 'SIZE',
    }),
    against: Flags.string({
      description: 'URL or directory of what somebody else has built, with its SHA256SUMS. Files are then names in it.',
      helpValue: 'URL',
    }),
    statement: Flags.string({
      description: 'File for signed statements about the result, one line for each file (in-toto, SLSA).',
      helpValue: 'FILE',
      dependsOn: ['statement-key', 'verifier'],
    }),
    'statement-key': Flags.string({
      description: `Private key that signs them: PEM, Ed25519 or ECDSA P-256. ${passphraseVariable} is its passphrase.`,
      helpValue: 'FILE',
      dependsOn: ['statement'],
    }),
    verifier: Flags.string({
      description: 'URI that says who you are, in the statements.',
      helpValue: 'URI',
      dependsOn: ['statement'],
    }),
  }

  async run() {
    const {argv, flags} = await this.parse(Verify)
    const signer =
      flags['statement-key'] === undefined
        ? undefined
        : await loadSigner(flags['statement-key'], {
            passphrase: process.env[passphraseVariable],
            flag: '--statement-key',
          })
    if (flags.statement !== undefined) await prepareOutput(dirname(flags.statement))
    const scratch = await temporaryDirectory('haos-published')
    try {
      const found = await this.#find(argv.map(String), flags, scratch)
      const verified = await this.#verify(found, flags, {isNamed: argv.length > 0})
      if (!this.jsonEnabled()) process.stdout.write(renderVerified(verified))
      if (flags.statement !== undefined && signer !== undefined) {
        const {verifier = ''} = flags
        const summaries = renderSummaries(verified, {verifier, signer, version: this.config.version, time: new Date()})
        await writeAtomically(flags.statement, await summaries)
      }
      refuseDifferences(verified)
      return {type: 'result' as const, files: verified}
    } finally {
      await rm(scratch, {recursive: true, force: true})
    }
  }

  /** The files that are asked for. Fails with USAGE_INVALID or DOWNLOAD_FAILED. */
  async #find(names: readonly string[], flags: VerifyFlags, scratch: string): Promise<readonly FinishedFile[]> {
    const {against, out} = flags
    const {signal} = this
    if (against !== undefined && /^https?:/.test(against)) {
      const {http} = this.workshop(flags)
      return publishedFiles(against, {names, http, scratch, signal})
    }
    if (against?.includes('://'))
      throw new HaosError(
        'USAGE_INVALID',
        `--against ${against} is neither a directory nor a URL that can be fetched`,
        {
          at: '--against',
          hint: 'Give a directory, or a URL that begins with https:// or http://.',
        },
      )
    const directory = against ?? out
    const paths = names.length === 0 ? await finishedFiles(directory) : names.map((name) => join(against ?? '', name))
    return Promise.all(paths.map((path) => localFile(path, {directory, signal})))
  }

  /** Builds the files again and compares them. */
  async #verify(
    found: readonly FinishedFile[],
    flags: VerifyFlags,
    {isNamed}: {readonly isNamed: boolean},
  ): Promise<readonly VerifiedFile[]> {
    const {jobs, size, 'script-silence': silence} = flags
    const sizeBytes = size === undefined ? undefined : parseSize(size)
    return rebuildProjects(
      await this.loadAll(flags),
      this.workshop(flags),
      {
        targets: [
          ...targets.filter(({kind}) => kind !== 'disk'),
          diskTarget({formats: diskFileFormats, sizeBytes}),
          ...cloudNames.map((name) => cloudTarget(name, {sizeBytes})),
        ],
        wants: (name) => found.some((file) => isFileOf(file, name)),
        signers: await this.signers(flags),
        jobs,
        scriptSilenceMs: silence === undefined ? undefined : silence * 60_000,
      },
      (built) => {
        const builtFor = (file: FinishedFile) => built.find(({name}) => isFileOf(file, name))
        const others = isNamed ? [] : found.filter((file) => builtFor(file) === undefined)
        // Those of an older version may lie beside the present ones.
        if (others.length === found.length) return compareFinished(found, builtFor, this.signal)
        for (const {label} of others)
          this.emit({type: 'note', message: `${label} is not verified: the recipe does not make it now`})
        return compareFinished(
          found.filter((file) => !others.includes(file)),
          builtFor,
          this.signal,
        )
      },
    )
  }
}

type VerifyFlags = BuildFlags & {readonly size?: string | undefined; readonly against?: string | undefined}
