import type {Identity} from '#dsl'
import type {LabelRequirement} from '../kubernetes-object.ts'

/** Nodes of one role that are upgraded together. */
export interface NodeGroup {
  /** Last part of the Plan's name. */
  readonly name: string
  readonly role: 'server' | 'agent'
  readonly requirements: readonly LabelRequirement[]
}

/** How administrators ask for upgrades of a node. */
export interface OptIn {
  /** Beginning of the Plans' names. */
  readonly prefix: string
  readonly requirements: readonly LabelRequirement[]
}

const controlPlane = 'node-role.kubernetes.io/control-plane'
/** The only label of servers before Kubernetes 1.20. */
const master = 'node-role.kubernetes.io/master'

/** Selectors know no "or": servers that have only the older label are a group of their own. */
export const nodeGroups: readonly NodeGroup[] = [
  {name: 'servers', role: 'server', requirements: [{key: controlPlane, operator: 'Exists'}]},
  {
    name: 'masters',
    role: 'server',
    requirements: [
      {key: master, operator: 'Exists'},
      {key: controlPlane, operator: 'DoesNotExist'},
    ],
  },
  {
    name: 'agents',
    role: 'agent',
    requirements: [
      {key: controlPlane, operator: 'DoesNotExist'},
      {key: master, operator: 'DoesNotExist'},
    ],
  },
]

/** `haos.io/upgrade` with any value except `disabled`: the originals ask for `enabled` and for `latest`. */
export const optInByLabel = ({name, upgradeLabel}: Identity): OptIn => ({
  prefix: name,
  requirements: wanted(upgradeLabel),
})

/** The labels of versions before v0.11, as far as a node has no newer one: `plan.upgrade.cattle.io/haos-latest`. */
export function legacyOptIns({name, title, upgradeLabel}: Identity): readonly OptIn[] {
  // A label may be of letters, digits and a few others (Kubernetes, "Labels and Selectors").
  const products = [...new Set([name, title])].filter((product) => /^[A-Za-z0-9][\w.-]{0,50}$/.test(product))
  const keys = products.map((product) => `plan.upgrade.cattle.io/${product}-latest`)
  return keys.map((key, index) => ({
    prefix: `${name}-legacy${index === 0 ? '' : `-${index + 1}`}`,
    requirements: [
      ...wanted(key),
      ...[upgradeLabel, ...keys.slice(0, index)].map(
        (newer): LabelRequirement => ({key: newer, operator: 'DoesNotExist'}),
      ),
    ],
  }))
}

const wanted = (key: string): LabelRequirement[] => [
  {key, operator: 'Exists'},
  {key, operator: 'NotIn', values: ['disabled']},
]

/** Only installed systems of the product: one that was booted live has nothing to upgrade. */
export const installedNodes = ({modeLabel}: Identity): readonly LabelRequirement[] => [
  {key: modeLabel, operator: 'Exists'},
  {key: modeLabel, operator: 'NotIn', values: ['live']},
]
