import * as z from 'zod/mini'
import {type Identity, labelDomain, versionTag} from '#dsl'
import type {CommandContext} from '../cli/command-context.ts'
import type {Host} from '../host/host.ts'

const Nodes = z.object({
  items: z.array(
    z.object({
      metadata: z.object({name: z.string(), labels: z.optional(z.record(z.string(), z.string()))}),
      spec: z.optional(z.object({unschedulable: z.optional(z.boolean())})),
      status: z.optional(z.object({conditions: z.optional(z.array(z.object({type: z.string(), status: z.string()})))})),
    }),
  ),
})
type Node = z.output<typeof Nodes>['items'][number]

/** Between two questions to the API. */
const everySeconds = 15

/**
 * Waits until every node that a selector selects runs the version of this program, is Ready and takes pods. Runs in a pod, whose account
 * may list nodes; the deadline of its job ends it.
 */
export function awaitNodesCommand(selectors: readonly string[], context: CommandContext): number {
  const {host, identity, version, print, printError} = context
  if (selectors.length === 0) {
    printError(`${identity.name}: name the nodes to wait for: ${identity.name} await-nodes SELECTOR…`)
    return 2
  }
  const own = host.env('SYSTEM_UPGRADE_NODE_NAME')
  let last: string | undefined
  for (;;) {
    const waiting = selectors.flatMap((selector) => {
      const found = listNodes(host, selector)
      if (typeof found === 'string') return [found]
      return found
        .filter(({metadata}) => metadata.name !== own)
        .flatMap((node) => {
          const reason = whyNotYet(node, versionTag(version), identity)
          return reason === undefined ? [] : [`${node.metadata.name} ${reason}`]
        })
    })
    if (waiting.length === 0) {
      print(`Every node before this one runs ${version}.`)
      return 0
    }
    const line = `Waiting: ${waiting.join('; ')}`
    if (line !== last) print(line)
    last = line
    host.sleep(everySeconds * 1000)
  }
}

function whyNotYet({metadata: {labels = {}}, spec, status}: Node, version: string, identity: Identity) {
  const domain = labelDomain(identity)
  const running = labels[identity.versionLabel]
  if (running !== version)
    return labels[`${domain}/failed-version`] === version
      ? `has gone back from ${version} to ${running}`
      : `runs ${running ?? 'an unknown version'}`
  const ready = status?.conditions?.find(({type}) => type === 'Ready')?.status
  if (ready !== 'True') return 'is not Ready'
  return spec?.unschedulable ? 'is cordoned' : undefined
}

/** Where the kubelet puts the account of a pod (Kubernetes, "Accessing the Kubernetes API from a Pod"). */
const account = '/var/run/secrets/kubernetes.io/serviceaccount'

/** The selected nodes, or why the API does not tell. */
function listNodes(host: Host, selector: string): readonly Node[] | string {
  const name = host.env('KUBERNETES_SERVICE_HOST')
  const token = host.read(`${account}/token`)?.trim()
  if (name === undefined || token === undefined) return 'there is no API: this is not a pod with an account'
  const address = name.includes(':') ? `[${name}]` : name
  const port = host.env('KUBERNETES_SERVICE_PORT') ?? '443'
  const url = `https://${address}:${port}/api/v1/nodes?labelSelector=${encodeURIComponent(selector)}`
  // As a file on standard input: everybody on the node can read the arguments of a process.
  const {status, stdout} = host.run(
    [
      'curl',
      '--silent',
      '--show-error',
      '--fail',
      '--max-time',
      '30',
      '--cacert',
      `${account}/ca.crt`,
      '--config',
      '-',
    ],
    {stdin: `url = "${url}"\nheader = "Authorization: Bearer ${token}"\nheader = "Accept: application/json"\n`},
  )
  if (status !== 0) return `the API does not answer (curl: status ${status})`
  const parsed = Nodes.safeParse(parseJson(stdout))
  return parsed.success ? parsed.data.items : 'the API answers something else than nodes'
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
