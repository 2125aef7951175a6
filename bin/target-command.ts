import {relative} from 'node:path'
import prettyBytes from 'pretty-bytes'
import type {BuiltArtifact, Target} from '#engine'
import {buildFlags, ProjectCommand} from './project-command.ts'

/** The command that builds one target: `haos-build iso` and its like. */
export const targetCommand = (target: Target) =>
  class extends ProjectCommand {
    static override summary = `Build the ${target.kind}: ${target.summary}.`
    static override description =
      'Installs what is missing, makes what is not in the store yet, and puts the result into out/.'
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
  const iso = artifacts.find(({role}) => role === 'iso')
  if (iso !== undefined) {
    lines.push(
      '',
      'Next:',
      '  haos-build run                  boot it in QEMU, console in this terminal (Ctrl-A x ends it)',
    )
    lines.push(`  dd if=${place(iso.path)} of=/dev/sdX bs=4M    write it to a USB stick`)
  }
  return `${lines.join('\n')}\n`
}
