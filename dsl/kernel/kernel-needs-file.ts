import type {Identity} from '../identity.ts'
import type {KernelNeed, KernelUser} from './kernel-needs.ts'

/** What a node checks its kernel against: JSON that the build writes and `check` reads. */
export interface KernelNeedsFile {
  /** Whose needs count if the command names none. */
  readonly users: readonly KernelUser[]
  /** Options that the recipe excepts. */
  readonly mayLack: readonly string[]
  readonly needs: readonly KernelNeed[]
}

/** Path of that file: separate from the program, which each boot reads and parses. */
export const kernelNeedsPath = ({name}: Pick<Identity, 'name'>): string => `/usr/lib/${name}/kernel-needs.json`
