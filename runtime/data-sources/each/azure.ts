import type {Host} from '../../host/host.ts'
import {decodeUtf8} from '../../text/utf8.ts'
import {withMedium} from '../medium.ts'
import {itemsOf, member, textMember} from '../members.ts'
import type {MetadataService} from '../metadata-service.ts'
import {linkLocal, type Provider} from '../provider.ts'
import {decoded} from './json-services.ts'
import {reportReady} from './report-ready.ts'

/** The newest version of the service that is asked, and the oldest, of hosts that do not know the former. */
const versions = ['2021-08-01', '2019-06-01']

/** Microsoft Azure: instance metadata service, and `ovf-env.xml` on the CD with which a machine is provisioned. */
export const azure: Provider = {
  name: 'azure',
  bases: linkLocal(),
  headers: {Metadata: 'true'},
  notYet: [404, 410],
  ask(web, host) {
    const instance = askService(web)
    const disc = readDisc(host)
    if (instance === undefined && disc === undefined) return undefined
    const compute = member(instance, 'compute')
    const address = ['network', 'interface', 0, 'ipv4', 'ipAddress', 0] as const
    return {
      userdata: disc?.userdata ?? decoded('the user data of azure', textMember(compute, 'userData')),
      hostname: disc?.hostname ?? textMember(compute, 'osProfile', 'computerName') ?? textMember(compute, 'name'),
      isLocalHostname: true,
      keys: itemsOf(member(compute, 'publicKeys')).flatMap((key) => textMember(key, 'keyData')?.trim() ?? []),
      facts: {
        instance_id: textMember(compute, 'vmId'),
        instance_type: textMember(compute, 'vmSize'),
        region: textMember(compute, 'location'),
        availability_zone: textMember(compute, 'zone'),
        local_ipv4: textMember(instance, ...address, 'privateIpAddress'),
        public_ipv4: textMember(instance, ...address, 'publicIpAddress'),
      },
      report: () => reportReady(host),
    }
  },
}

function askService(web: MetadataService): unknown {
  for (const version of versions) {
    const instance = web.getJson(`/metadata/instance?api-version=${version}&format=json`)
    if (instance !== undefined) return instance
    // Only a host that is older than the version answers so.
    if (web.lastStatus !== 400) return undefined
  }
  return undefined
}

/** The custom data and the host name on the provisioning CD, which wins over the service: it has no custom data. */
function readDisc(host: Host): {userdata: Uint8Array | undefined; hostname: string | undefined} | undefined {
  for (const name of (host.list('/dev') ?? []).filter((device) => /^sr\d+$/.test(device))) {
    const bytes = withMedium(host, `/dev/${name}`, (read) => read('ovf-env.xml'))
    if (bytes === undefined) continue
    const text = decodeUtf8(bytes)
    const element = (tag: string) => new RegExp(`<(?:\\w+:)?${tag}>([^<]*)<`).exec(text)?.[1]?.trim() || undefined
    return {userdata: decoded('the custom data of azure', element('CustomData')), hostname: element('HostName')}
  }
  return undefined
}
