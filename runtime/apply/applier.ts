import type {Identity, NodeConfig} from '#dsl'
import type {NetworkSources} from '../config/network-sources.ts'
import type {ConfigProblem} from '../config/problem.ts'
import type {Host} from '../host/host.ts'
import type {Service} from '../services/service.ts'

export type Outcome = 'changed' | 'unchanged'

/** Where and for whom a config is applied. */
export interface Node {
  readonly host: Host
  readonly identity: Identity
  /** Version of the system, for the label that names it. */
  readonly version: string
  /** `node.environment` of the config, for every program that runs on the user's behalf. */
  readonly environment: Readonly<Record<string, string>>
  /** Problems from reading the config whose values it lacks. */
  readonly mistakes: readonly ConfigProblem[]
  /** Which sources describe each link of the network. */
  readonly networkSources: NetworkSources
  /** Path of an item of a list, with its number in the source: `write_files[2]`. */
  item(list: string, index: number): string
  /** Reports a failure; the rest continues. `path` is that of a key, as written in the file. */
  report(problem: Pick<ConfigProblem, 'path' | 'message' | 'hint'>): void
  /** Announces the service that the node will run, with the arguments and environment of its process. */
  announce(service: Service): void
}

/** One concern of a node. */
export interface Applier {
  readonly name: string
  /** Keys of the config that it reads; those below the product's section begin with a dot. */
  readonly keys: readonly string[]
  /** Undefined if the config sets none of its keys. Throws an Error if all of it failed. */
  apply(config: NodeConfig, node: Node): Outcome | undefined
}

/**
 * Makes an applier from two functions: `select` takes what is wanted from the config, `apply` brings it about.
 *
 * `apply` reports single failures through `node.report` and continues; an Error that it throws is reported by the phase.
 */
export function defineApplier<Wanted>(applier: {
  readonly name: string
  readonly keys: readonly string[]
  select(config: NodeConfig): Wanted | undefined
  apply(wanted: Wanted, node: Node): Outcome
}): Applier {
  return {
    name: applier.name,
    keys: applier.keys,
    apply(config, node) {
      const wanted = applier.select(config)
      return wanted === undefined ? undefined : applier.apply(wanted, node)
    },
  }
}

/** `changed` when any of the parts was. */
export const outcomeOf = (...changed: readonly boolean[]): Outcome => (changed.includes(true) ? 'changed' : 'unchanged')

/** The list; undefined if it is missing or empty. */
export const nonEmpty = <Item>(list: readonly Item[] | undefined): readonly Item[] | undefined =>
  list !== undefined && list.length > 0 ? list : undefined

/** The message of whatever was thrown. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The path of a key in the product's section, as written in the file: `haos.modules[0]`. */
export const inSection = (node: Node, path: string): string => `${node.identity.section}.${path}`
