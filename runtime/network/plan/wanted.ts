import type {NetworkConfig} from '#dsl'

type Section<Name extends keyof NetworkConfig> = NonNullable<NetworkConfig[Name]>
export type Ethernet = Section<'ethernets'>[string]
export type Bond = Section<'bonds'>[string]
export type Bridge = Section<'bridges'>[string]
export type Vlan = Section<'vlans'>[string]
/** What every kind of link may have. */
export type LinkSettings = Omit<Vlan, 'id' | 'link'>

/** A link of the document. */
export type WantedLink = {
  /** Its name in the document. */
  readonly id: string
  /** Its path in the configuration: `network.bonds.bond0`. */
  readonly path: string
} & (
  | {readonly kind: 'ethernet'; readonly settings: Ethernet}
  | {readonly kind: 'bond'; readonly settings: Bond}
  | {readonly kind: 'bridge'; readonly settings: Bridge}
  | {readonly kind: 'vlan'; readonly settings: Vlan}
)

/** Something wrong with the document, or with the links that it names. */
export interface NetworkProblem {
  readonly path: string
  readonly message: string
  readonly hint: string
}

/** All links of a document, in its order. */
export function wantedLinks({ethernets = {}, bonds = {}, bridges = {}, vlans = {}}: NetworkConfig): WantedLink[] {
  const path = (section: string, id: string): string =>
    /^[\w-]+$/.test(id) ? `network.${section}.${id}` : `network.${section}[${id}]`
  return [
    ...Object.entries(ethernets).map(
      ([id, settings]): WantedLink => ({id, kind: 'ethernet', path: path('ethernets', id), settings}),
    ),
    ...Object.entries(bonds).map(
      ([id, settings]): WantedLink => ({id, kind: 'bond', path: path('bonds', id), settings}),
    ),
    ...Object.entries(bridges).map(
      ([id, settings]): WantedLink => ({id, kind: 'bridge', path: path('bridges', id), settings}),
    ),
    ...Object.entries(vlans).map(
      ([id, settings]): WantedLink => ({id, kind: 'vlan', path: path('vlans', id), settings}),
    ),
  ]
}

/** The names of the links that a link is made from. */
export const partsOf = (link: WantedLink): readonly string[] =>
  link.kind === 'vlan'
    ? [link.settings.link ?? ''].filter((name) => name !== '')
    : link.kind === 'ethernet'
      ? []
      : (link.settings.interfaces ?? [])
