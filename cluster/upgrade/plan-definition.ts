import type {ICustomResourceDefinition} from 'kubernetes-models/apiextensions.k8s.io/v1'
import type {KubernetesObject} from '../kubernetes-object.ts'

type Schema = NonNullable<
  NonNullable<ICustomResourceDefinition['spec']['versions'][number]['schema']>['openAPIV3Schema']
>

const string: Schema = {type: 'string'}
const boolean: Schema = {type: 'boolean'}
const int64: Schema = {type: 'integer', format: 'int64'}
const listOf = (items: Schema): Schema => ({type: 'array', items})
const object = (properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema => ({
  type: 'object',
  properties: {...properties},
  ...(required.length > 0 && {required: [...required]}),
})
/** A type of Kubernetes itself. The controller's own definition, which replaces this one, spells it out. */
const known: Schema = {type: 'object', 'x-kubernetes-preserve-unknown-fields': true}

const container = object(
  {
    image: string,
    command: listOf(string),
    args: listOf(string),
    envs: listOf(known),
    envFrom: listOf(known),
    volumes: listOf(object({name: string, source: string, destination: string}, ['name', 'source', 'destination'])),
    securityContext: known,
  },
  ['image'],
)

const drain = object({
  timeout: {anyOf: [{type: 'integer'}, {type: 'string'}], 'x-kubernetes-int-or-string': true},
  gracePeriod: {type: 'integer', format: 'int32'},
  deleteLocalData: boolean,
  deleteEmptydirData: boolean,
  ignoreDaemonSets: boolean,
  force: boolean,
  disableEviction: boolean,
  skipWaitForDeleteTimeout: {type: 'integer'},
  podSelector: known,
})

const spec = object(
  {
    concurrency: int64,
    jobActiveDeadlineSecs: int64,
    nodeSelector: known,
    serviceAccountName: string,
    channel: string,
    version: string,
    secrets: listOf(
      object({name: string, path: string, ignoreUpdates: boolean, defaultMode: {type: 'integer', format: 'int32'}}, [
        'name',
        'path',
      ]),
    ),
    tolerations: listOf(known),
    exclusive: boolean,
    window: object({
      days: {...listOf(string), minItems: 1},
      startTime: string,
      endTime: string,
      timeZone: string,
    }),
    prepare: container,
    upgrade: container,
    cordon: boolean,
    drain,
    imagePullSecrets: listOf(known),
    postCompleteDelay: string,
    postCompleteLabels: {type: 'object', additionalProperties: string},
    priorityClassName: string,
  },
  ['upgrade'],
)

const status = object({
  conditions: {
    ...listOf(
      object(
        {
          type: string,
          status: string,
          reason: string,
          message: string,
          lastUpdateTime: string,
          lastTransitionTime: string,
        },
        ['type', 'status'],
      ),
    ),
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
  },
  latestVersion: string,
  latestHash: string,
  applying: listOf(string),
})

/**
 * The definition of Plans, so that Plans can be created together with their controller.
 *
 * Written from the field table of the controller's documentation (rancher/system-upgrade-controller, doc/plan.md). The controller replaces it
 * by its own when it starts.
 */
export const planDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {name: 'plans.upgrade.cattle.io'},
  spec: {
    group: 'upgrade.cattle.io',
    scope: 'Namespaced',
    names: {kind: 'Plan', listKind: 'PlanList', plural: 'plans', singular: 'plan'},
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: {status: {}},
        additionalPrinterColumns: [
          {name: 'Image', type: 'string', jsonPath: '.spec.upgrade.image'},
          {name: 'Channel', type: 'string', jsonPath: '.spec.channel'},
          {name: 'Version', type: 'string', jsonPath: '.spec.version'},
          {name: 'Latest', type: 'string', jsonPath: '.status.latestVersion'},
          {name: 'Complete', type: 'string', jsonPath: `.status.conditions[?(@.type=='Complete')].status`},
        ],
        schema: {openAPIV3Schema: object({apiVersion: string, kind: string, metadata: {type: 'object'}, spec, status})},
      },
    ],
  },
} satisfies ICustomResourceDefinition & KubernetesObject
