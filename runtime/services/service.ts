/** A process that the node keeps running, with its final arguments and environment. */
export interface Service {
  readonly name: string
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
}
