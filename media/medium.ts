import type {Toolbox} from '#engine'
import type {GrubMenu} from '#formats'
import type {ArgumentChanges} from './change-arguments.ts'

/** Changes to a finished output. */
export interface MediumChanges {
  readonly arguments?: ArgumentChanges | undefined
  readonly menuDefault?: number | undefined
  readonly timeoutSeconds?: number | undefined
  /** The node's config.yaml, checked by the caller. */
  readonly config?: Uint8Array | undefined
  /** The file with the configs of many nodes, which replaces the present one. */
  readonly nodes?: Uint8Array | undefined
  /** Files to add or replace: host path and absolute path on the medium. */
  readonly files?: readonly AddedFile[] | undefined
  /** Restores the original menu, config and nodes, before any other change. */
  readonly reset?: boolean | undefined
}

/** A host file or directory to put on a medium. */
export interface AddedFile {
  readonly from: string
  readonly to: string
}

/** An ISO, a disk with an installed system, an initrd with the system in it, or the directory of a network boot server. */
export type MediumKind = 'iso' | 'disk' | 'initrd' | 'pxe'

/** What a medium boots, and with which config. An initrd has no menu. */
export interface MediumDescription extends GrubMenu {
  readonly kind: MediumKind
  /** Label of its file system, if it has one. */
  readonly volume: string | undefined
  /** Name of the product: the directory that holds `system/`. */
  readonly product: string | undefined
  /** Text of the config.yaml, if there is one. */
  readonly config: string | undefined
  /** The file with the configs of many nodes; empty or undefined if there are none. */
  readonly nodes: Uint8Array | undefined
  /** Whether the original can be restored. */
  readonly resettable: boolean
  /** Whether menu, config or nodes differ from the original, if known. */
  readonly changed: boolean | undefined
}

/** Options for changing a medium. */
export interface RemasterTools {
  readonly toolbox: Toolbox
  readonly signal: AbortSignal
}

export interface RemasterOptions extends RemasterTools {
  /** Host path of the medium. Without `output` it is changed itself. */
  readonly input: string
  readonly output?: string | undefined
  readonly changes: MediumChanges
}
