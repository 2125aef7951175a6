/** How QEMU ended. */
export interface QemuExit {
  readonly status: number | undefined
  readonly signal: string | undefined
  /** QEMU's own output. */
  readonly words: string
}
