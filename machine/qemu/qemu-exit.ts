/** How QEMU ended. */
export interface QemuExit {
  readonly status: number | undefined
  readonly signal: string | undefined
  /** What QEMU itself had to say. */
  readonly words: string
}
