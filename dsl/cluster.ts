import * as z from 'zod'

/** Name of an image in a registry, with an optional tag and digest (distribution, "reference" grammar). */
const reference = z
  .string()
  .regex(
    /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/,
    'must be the name of an image, such as "registry.example.com/haos"',
  )

/** Name without a tag or digest: each version has its own. */
const repository = reference.refine(
  (name) => !name.includes('@') && !/:[^/]*$/.test(name),
  'must not have a tag or digest: the version is the tag',
)

/** Name with a digest. A tag may lead to another image tomorrow, and only a registry knows its digest. */
const pinned = reference.refine(
  (name) => name.includes('@'),
  'must have a digest: append the "@sha256:…" that `skopeo inspect --format "{{.Digest}}" docker://NAME:TAG` prints',
)

const duration = z.string().regex(/^(?:\d+(?:h|m|s))+$/, 'must be a duration such as "10m"')

/** Options of `kubectl drain`, by which pods leave a node before it is upgraded (Plan, `spec.drain`). */
export const Drain = z
  .strictObject({
    /** Also pods that no controller would start again. */
    force: z.boolean().default(true),
    /** Also pods with an emptyDir, whose contents are lost. */
    deleteEmptydirData: z.boolean().default(true),
    /** Leaves pods of DaemonSets alone; without it, a node with one cannot be drained. */
    ignoreDaemonSets: z.boolean().default(true),
    /** Deletes pods without regard to disruption budgets. */
    disableEviction: z.boolean().default(false),
    /** Gives up after this time, such as `10m`. Default: never. */
    timeout: duration.optional(),
    /** Seconds that each pod has to end. Default: its own. */
    gracePeriod: z.int().min(0).optional(),
    /** Seconds after which a pod that is being deleted is not waited for. */
    skipWaitForDeleteTimeout: z.int().min(1).optional(),
  })
  .prefault({})
export type Drain = z.output<typeof Drain>

/** The system-upgrade-controller. Its pods may do much in the cluster, so its images are named by digest. */
export const Controller = z.strictObject({
  /** Image of the controller, such as `rancher/system-upgrade-controller:v0.20.1@sha256:…`. */
  image: pinned,
  /** Image of kubectl, by which it drains nodes, such as `rancher/kubectl:v1.30.3@sha256:…`. */
  kubectl: pinned,
})
export type Controller = z.output<typeof Controller>

/** What the cluster may do with its nodes. */
export const Cluster = z.strictObject({
  /** Where the image of `haos-build oci` is pushed to, without a tag: each version is a tag. */
  image: repository,
  /** URL that answers with status 302 and a Location whose last element is the version. Without it, there are Plans for fixed versions only. */
  channel: z.url({protocol: /^https?$/}).optional(),
  /** Nodes of each role that are upgraded at the same time. */
  concurrency: z.strictObject({servers: z.int().min(1).default(1), agents: z.int().min(1).default(1)}).prefault({}),
  /** How pods leave a node before it is upgraded; `false`: they stay. */
  drain: z.union([z.literal(false), Drain]).prefault({}),
  /** Images of the system-upgrade-controller, by their digests. Required in a recipe. */
  controller: Controller.optional(),
  /** Plans for nodes with the labels of versions before v0.11 (`plan.upgrade.cattle.io/haos-latest`), too. */
  legacyLabels: z.boolean().default(false),
  /** Whether nodes take configuration from a ConfigMap and a Secret of the cluster. */
  configuration: z.boolean().default(true),
})
export type Cluster = z.output<typeof Cluster>
export type ClusterInput = z.input<typeof Cluster>

/** The same in a recipe, whose image brings the controller. */
export const ClusterOfImage = Cluster.refine(({controller}) => controller !== undefined, {
  path: ['controller'],
  error:
    'is missing: name the images of the system-upgrade-controller with their digests, as in controller: {image: "rancher/system-upgrade-controller:v0.20.1@sha256:…", kubectl: "rancher/kubectl:v1.30.3@sha256:…"}',
})

/** Upgrades and configuration of nodes from their cluster. */
export const cluster = (options: ClusterInput & Pick<Required<ClusterInput>, 'controller'>): ClusterInput => options
