import type {NetworkProblem} from './wanted.ts'

/** One change: arguments of `ip`, or a value of the kernel that may have it already. */
export type Operation =
  | {readonly path: string; readonly ip: readonly string[]}
  | {readonly path: string; readonly file: string; readonly value: string}

/** What of an answer of DHCP is used. */
export interface DhcpUse {
  readonly dns: boolean
  readonly domains: boolean
  readonly routes: boolean
  readonly mtu: boolean
  /** Sent to the server: a name, the node's own, or none. */
  readonly hostname: string | boolean
  readonly metric: string | undefined
}

/** A link that gets addresses by DHCP. */
export interface DhcpLink {
  readonly name: string
  readonly v4: DhcpUse | undefined
  readonly v6: DhcpUse | undefined
}

/** A link that is to have an address of a family. */
export interface AwaitedAddress {
  readonly name: string
  readonly family: 4 | 6
}

/** What was applied to a link, so that it can be undone when the document changes. */
export interface AppliedLink {
  /** Its name in the document. */
  readonly id: string
  readonly kind: string
  /** Arguments that made the link; empty for a card. */
  readonly made: string
  readonly addresses: readonly string[]
  /** Arguments of `ip route`. */
  readonly routes: readonly string[]
  /** Arguments of `ip rule`. */
  readonly rules: readonly string[]
}

/** By name of the link. */
export type AppliedNetwork = Readonly<Record<string, AppliedLink>>

/** What makes the network of the node that of the document. */
export interface NetworkPlan {
  /** In this order. Empty if nothing has to change. */
  readonly operations: readonly Operation[]
  readonly dhcp: readonly DhcpLink[]
  readonly nameservers: readonly string[]
  readonly search: readonly string[]
  /** What the boot waits for. */
  readonly awaited: readonly AwaitedAddress[]
  /** To be stored. Its names are the links of the document, which no other program may configure. */
  readonly applied: AppliedNetwork
  readonly problems: readonly NetworkProblem[]
}
