import type {KubernetesObject, LabelRequirement} from '../kubernetes-object.ts'

/** A container of a Plan's job. */
export interface PlanContainer {
  readonly image: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
}

/** A Plan of the system-upgrade-controller (pkg/apis/upgrade.cattle.io/v1/types.go), as far as we use it. */
export interface Plan extends KubernetesObject {
  readonly apiVersion: 'upgrade.cattle.io/v1'
  readonly kind: 'Plan'
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly annotations: Readonly<Record<string, string>>
  }
  readonly spec: {
    readonly concurrency: number
    readonly jobActiveDeadlineSecs: number
    readonly nodeSelector: {readonly matchExpressions: readonly LabelRequirement[]}
    readonly serviceAccountName: string
    readonly channel?: string
    readonly version?: string
    readonly tolerations: readonly {readonly operator: 'Exists'}[]
    readonly exclusive: boolean
    readonly prepare: PlanContainer
    readonly upgrade: PlanContainer
    readonly drain?: object
    readonly cordon?: boolean
  }
}
