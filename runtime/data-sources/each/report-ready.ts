import {fetchWithRetries, isGood} from '../../fetch/fetch-with-retries.ts'
import type {Host} from '../../host/host.ts'
import {decodeUtf8} from '../../text/utf8.ts'

/** Azure's wireserver (Microsoft, "What is IP address 168.63.129.16?"). */
const wireserver = 'http://168.63.129.16/machine'
const headers = {'x-ms-agent-name': 'haos', 'x-ms-version': '2012-11-30'}

/**
 * Tells Azure that the machine is ready. Without that, provisioning is reported as failed after some 20 minutes, and the machine is
 * deallocated. Returns the reason if it could not be told.
 */
export function reportReady(host: Host): string | undefined {
  try {
    const goal = decodeUtf8(
      fetchWithRetries(host, `${wireserver}/?comp=goalstate`, {tries: 5, headers, isDirect: true}),
    )
    const element = (tag: string) => new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(goal)?.[1]
    const [incarnation, container, instance] = ['Incarnation', 'ContainerId', 'InstanceId'].map(element)
    if (container === undefined || instance === undefined) return 'its goal state names no container or instance'
    const {status} = host.fetch(`${wireserver}?comp=health`, {
      method: 'POST',
      headers: {...headers, 'Content-Type': 'text/xml; charset=utf-8'},
      text: healthReport(incarnation ?? '1', container, instance),
      isDirect: true,
    })
    return isGood(status) ? undefined : `it answered the report with ${status === 0 ? 'nothing' : `status ${status}`}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** The identifiers are as they stand in XML already. */
const healthReport = (incarnation: string, container: string, instance: string): string =>
  `<?xml version="1.0" encoding="utf-8"?>
<Health xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
<GoalStateIncarnation>${incarnation}</GoalStateIncarnation>
<Container><ContainerId>${container}</ContainerId><RoleInstanceList><Role><InstanceId>${instance}</InstanceId>
<Health><State>Ready</State></Health></Role></RoleInstanceList></Container></Health>
`
