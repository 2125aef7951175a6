import type {Base} from '#dsl'
import type {Digest, EmitEvent, Http, Store, Toolbox} from '#engine'
import type {LockedPackage} from './source.ts'

/** What pinned tools may use while they are chosen or fetched. */
export interface ToolContext {
  readonly http: Http
  readonly signal: AbortSignal
  readonly emit: EmitEvent
  /** The distributions of the images, whose mirrors serve the tools too if they can. */
  readonly bases: readonly Base[]
}

/** Where the programs that steps run come from, if they are pinned like packages. */
export interface ToolSource {
  /** Name of their set in the lock file: one for each architecture of build machines. Fails with HOST_UNSUPPORTED. */
  setName(): string
  /** Digest of what is asked for, so that a set for other tools is recognised as stale. */
  readonly request: Digest
  /** Compares two versions: negative if the first is earlier. Pure. */
  compareVersions(a: string, b: string): number
  /** Chooses versions. Only this function sees the current state of the mirrors. */
  lock(context: ToolContext): Promise<readonly LockedPackage[]>
  /** Fetches what the store lacks, and unpacks it there. Only programs that are not among them are this machine's. */
  open(packages: readonly LockedPackage[], context: ToolContext & {readonly store: Store}): Promise<Toolbox>
}
