import type {Arch, Base, ImageSpec} from '#dsl'
import type {EmitEvent, Http} from '#engine'
import type {Variant} from './lock/variant.ts'
import type {PackageSource} from './source.ts'
import type {ToolSource} from './tool-source.ts'

/** A recipe, read and checked, with its path and that of its lock file. */
export interface Project {
  readonly spec: ImageSpec
  readonly arch: Arch
  /** The variant that the recipe's inputs select. */
  readonly variant: Variant
  /** The recipe file as the user named it, with the image if it has several. */
  readonly recipe: string
  /** Directory of the recipe. */
  readonly directory: string
  readonly lockPath: string
  /** The command that pins this recipe's packages, with the same inputs. */
  readonly lockCommand: string
}

/** What `bin` passes to the engine: plug-ins, directories, and where events go. */
export interface Workshop {
  readonly sources: readonly PackageSource<Base>[]
  readonly http: Http
  /** Directory that holds `runtime/`, `dsl/` and `layout/`. */
  readonly repository: string
  /** Options for bundling the node's program. A callback, because the engine does not import the runtime. */
  readonly bundleOptions: (input: {readonly identity: unknown; readonly version: string}) => object
  readonly storeDirectory: string
  readonly emit: EmitEvent
  readonly signal: AbortSignal
  /** Install missing tools through apt if possible. */
  readonly install: boolean
  /** Tools that the lock file pins. Default: those of this machine. */
  readonly tools?: ToolSource | undefined
}
