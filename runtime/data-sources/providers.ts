import type {Host} from '../host/host.ts'
import {aws} from './each/aws.ts'
import {azure} from './each/azure.ts'
import {fileSource} from './each/file-source.ts'
import {gcp} from './each/gcp.ts'
import {akamai, oracle, upcloud} from './each/json-services.ts'
import {cdrom, nocloud, proxmox} from './each/nocloud.ts'
import {configdrive, openstack} from './each/openstack.ts'
import {packet} from './each/packet.ts'
import {scaleway} from './each/scaleway.ts'
import {digitalocean, exoscale, hetzner, vultr} from './each/tree-services.ts'
import {vmware} from './each/vmware.ts'
import {cloudOf} from './firmware.ts'
import type {Provider} from './provider.ts'

/** All data sources that have a fixed name. `data_sources` in the config selects them. */
export const providers: readonly Provider[] = [
  aws,
  gcp,
  hetzner,
  openstack,
  scaleway,
  vultr,
  digitalocean,
  packet,
  cdrom,
  azure,
  vmware,
  nocloud,
  proxmox,
  configdrive,
  exoscale,
  oracle,
  upcloud,
  akamai,
]

/** What `auto` stands for beside the cloud that the firmware names: sources that cost no request. */
const localSources = ['nocloud', 'configdrive']

/** The sources of some names, in their order, each once; and the names that no source has. */
export function chooseProviders(host: Host, names: readonly string[]): {chosen: Provider[]; unknown: string[]} {
  const cloud = names.includes('auto') ? cloudOf(host) : undefined
  const automatic = [...(cloud === undefined ? [] : [cloud]), ...localSources]
  const meant = [...new Set(names.flatMap((name) => (name === 'auto' ? automatic : [name])))]
  const find = (name: string) => providers.find((provider) => provider.name === name) ?? fileSource(name)
  return {
    chosen: meant.flatMap((name) => find(name) ?? []),
    unknown: meant.filter((name) => find(name) === undefined),
  }
}
