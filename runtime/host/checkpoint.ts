import type {Host} from './host.ts'

/**
 * The command that writes all changes of a file system to their final blocks, after sync(2).
 *
 * GRUB reads ext4 without the journal, where sync(2) leaves them. Freezing empties it (fsfreeze(8)), as does unmounting, which is
 * impossible for a running root.
 */
export const freezeCommand = (mount: string): readonly string[] => [
  'sh',
  '-c',
  'trap \'fsfreeze --unfreeze "$1"\' EXIT; fsfreeze --freeze "$1"',
  'sh',
  mount,
]

/** Writes all changes of a file system to where a boot loader reads them. */
export function checkpoint(host: Host, mount: string): void {
  host.run(['sync'])
  host.run(freezeCommand(mount), {output: 'discard'})
}
