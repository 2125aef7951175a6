import type {Machine, StartOptions} from '../../machine/machine.ts'

/** Something that runs on a disk when the power goes. */
export interface PowerCutSubject {
  readonly name: string
  /** Makes what all cuts of it have in common, in a directory of its own. */
  prepare(scratch: string): Promise<PreparedSubject>
}

/** A subject, ready to be cut. */
export interface PreparedSubject {
  /** Host path of the raw disk, as it is before the machine is started. */
  readonly disk: string
  /** The machine, without this disk, which it sees as a virtio disk with the serial number TARGET. */
  readonly machine: StartOptions
  /**
   * Lets the machine work until nothing more is worth a cut.
   *
   * What it calls `promise` with is kept from then on: `examine` receives everything that was promised before the cut.
   */
  work(machine: Machine, promise: (what: string) => void): Promise<void>
  /** What can be seen on a disk without booting it. After every cut, it must be what was there before the recorded run, or after it. */
  glance?(disk: string): string
  /** Boots the disk after a cut. Returns what runs; throws if anything is lost. */
  examine(disk: string, promised: readonly string[]): Promise<string>
}

/** A bound for anything that a translated guest does on a busy host. */
export const patience = {timeoutMs: 15 * 60_000}
