import {defineTool} from '#engine'
import {ownConfigOnly, pollOften, xorrisoProgram} from './xorriso.ts'

export interface XorrisoRewriteOptions {
  /** Host path of the ISO, which is only read. */
  readonly iso: string
  /** Host path of the new ISO, which does not exist yet. */
  readonly output: string
  /** Host paths of files or directories, and their paths in the ISO. */
  readonly files: readonly {readonly from: string; readonly to: string}[]
  /** Permissions by path in the ISO. */
  readonly modes: Readonly<Record<string, string>>
  /** Seconds since 1970: the time of everything added, and of its parent directories. */
  readonly epoch: number
}

/**
 * Rewrites an ISO with additional files and keeps its boot images (xorriso(1), "-boot_image any replay").
 *
 * Appending would be cheaper, but the EFI partition lies where the next session would start.
 */
export const xorrisoRewrite = defineTool<XorrisoRewriteOptions>({
  ...xorrisoProgram,
  purpose: 'rewrite the ISO',
  args: ({iso, output, files, modes, epoch}) => [
    ...[...ownConfigOnly, ...pollOften, '-abort_on', 'FAILURE', '-indev', iso, '-outdev', `stdio:${output}`],
    // grub-mkrescue adds a second directory for old Macs (HFS+), whose partition xorriso cannot place again.
    ...['-boot_image', 'any', 'replay', '-hfsplus', 'off', '-joliet', 'on', '-compliance', 'joliet_long_names'],
    // A directory is merged with the existing one; otherwise xorriso deletes what only that one holds (-update_r).
    ...['-overwrite', 'nondir'],
    ...files.flatMap(({from, to}) => ['-map', from, to, '-chown_r', '0', to, '--', '-chgrp_r', '0', to, '--']),
    ...Object.entries(modes).flatMap(([path, mode]) => ['-chmod', mode, path, '--']),
    // Last, because every other change updates the times of a file and its directory.
    ...files.flatMap(({to}) => ['-alter_date_r', 'b-c', `=${epoch}`, to, '--']),
    ...['-alter_date', 'b-c', `=${epoch}`, ...directoriesOf(files), '--'],
    ...['-commit', '-end'],
  ],
})

/** The directories that files are in, up to the root. */
function directoriesOf(files: XorrisoRewriteOptions['files']): string[] {
  const names = files.map(({to}) => to.split('/').slice(1, -1))
  return [...new Set(['/', ...names.flatMap((parts) => parts.map((_, at) => `/${parts.slice(0, at + 1).join('/')}`))])]
}
