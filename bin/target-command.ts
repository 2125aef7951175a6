import {dirname, relative} from 'node:path'
import prettyBytes from 'pretty-bytes'
import {shellQuote} from '#dsl'
import type {BuiltArtifact, Target} from '#image'
import {buildFlags, ProjectCommand} from './project-command.ts'

/** The command that builds one target: `haos-build iso` and its like. */
export const targetCommand = (target: Target) =>
  class extends ProjectCommand {
    static override summary = `Build ${target.summary}.`
    static override description =
      'Installs missing tools, runs the steps whose results are not in the store, and writes the artifacts to out/.'
    static override examples = [
      {description: 'The image of haos.build.ts', command: `<%= config.bin %> ${target.kind}`},
      {description: 'For another architecture', command: `<%= config.bin %> ${target.kind} --arch arm64`},
    ]
    static override flags = buildFlags

    async run() {
      const {flags} = await this.parse(this.ctor as typeof ProjectCommand & {flags: typeof buildFlags})
      const result = await this.build([target], flags)
      if (!this.jsonEnabled()) process.stdout.write(renderArtifacts(result.artifacts))
      return result
    }
  }

/** Finished files, and what to do with them. */
export function renderArtifacts(artifacts: readonly BuiltArtifact[]): string {
  const place = (path: string) => relative(process.cwd(), path) || path
  const lines = artifacts.map(
    ({path, sizeBytes, sha256}) => `✓ ${place(path)}  ${prettyBytes(sizeBytes)}  sha256 ${sha256.slice(0, 12)}…`,
  )
  const next = artifacts.flatMap((artifact, index) => {
    const isFirst = artifacts.findIndex(({role}) => role === artifact.role) === index
    return isFirst ? (nextSteps[artifact.role]?.(shellQuote(place(artifact.path)), artifact) ?? []) : []
  })
  if (next.length > 0) lines.push('', 'Next:')
  const width = Math.max(...next.map(({command}) => command.length))
  for (const {command, purpose} of next) lines.push(`  ${command.padEnd(width)}  ${purpose}`)
  return `${lines.join('\n')}\n`
}

interface NextStep {
  readonly command: string
  readonly purpose: string
}

/** Boots a file, given as a word of a shell, in a machine of its architecture, named if it is not the default. */
const boot = (word: string, {arch}: BuiltArtifact): NextStep => ({
  command: `haos-build run ${word}${arch === 'amd64' ? '' : ` --arch ${arch}`}`,
  purpose: 'boot it in QEMU, with its console in this terminal (Ctrl-A x ends it)',
})

/** Commands that use finished files, given as words of a shell, by the files' roles. */
const nextSteps: Readonly<Record<string, (word: string, artifact: BuiltArtifact) => NextStep[]>> = {
  iso: (word, artifact) => [
    boot(word, artifact),
    {command: `dd if=${word} of=/dev/sdX bs=4M`, purpose: 'write it to a USB stick'},
  ],
  disk: (word, artifact) => [boot(word, artifact)],
  rootfs: (word) => [
    {
      command: `tar -xzf ${word} --strip-components=1 -C /`,
      purpose: 'run this on the machine to take over; its next boot starts the image',
    },
  ],
  update: (word) => [{command: `sh ${word}`, purpose: 'run this on a node as root: it upgrades to this version'}],
  'upload-script': (word) => [{command: `sh ${word}`, purpose: 'upload it; the script first prints what it needs'}],
  'packer-template': (_word, {path}) => [
    {
      command: `cd ${shellQuote(relative(process.cwd(), dirname(path)) || '.')} && packer init . && packer build .`,
      purpose: 'make the image in the cloud',
    },
  ],
}
