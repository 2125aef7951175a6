/** A process that the node keeps running, with the arguments and the environment it really gets. */
export interface Service {
  readonly name: string
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
}
