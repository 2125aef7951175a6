import type {Host} from '../../host/host.ts'
import {decodeUtf8, encodeUtf8} from '../../text/utf8.ts'
import {type Media, withMedium} from '../medium.ts'
import {member, textMember, textsOf} from '../members.ts'
import {type CloudData, linkLocalOnLinks, type Provider} from '../provider.ts'

const base = 'openstack/latest'

/** OpenStack: the config drive, which needs no network; otherwise the metadata service. */
export const openstack: Provider = {
  name: 'openstack',
  bases: linkLocalOnLinks,
  askLocally: fromDrive,
  ask(web, host, {media}) {
    const drive = fromDrive(host, media)
    if (drive !== undefined) return drive
    const metadata = web.getJson(`/${base}/meta_data.json`)
    if (metadata === undefined) return undefined
    return cloudData(metadata, {
      userdata: web.getUserdata(`/${base}/user_data`),
      network: web.getText(`/${base}/network_data.json`),
      vendor: web.getJson(`/${base}/vendor_data.json`),
    })
  },
}

/** The config drive alone: that of OpenStack on bare metal (Ironic), and of Proxmox with `citype=configdrive2`. */
export const configdrive: Provider = {
  name: 'configdrive',
  ask: (_, host, {media}) => fromDrive(host, media),
  askLocally: fromDrive,
}

export function fromDrive(host: Host, media: Media): CloudData | undefined {
  return withMedium(host, media.find('config-2'), (read) => {
    const text = (name: string) => {
      const bytes = read(`${base}/${name}`)
      return bytes && decodeUtf8(bytes)
    }
    const metadata = parse(text('meta_data.json'))
    if (metadata === undefined) return undefined
    return cloudData(metadata, {
      userdata: read(`${base}/user_data`),
      network: text('network_data.json'),
      vendor: parse(text('vendor_data.json')),
    })
  })
}

function parse(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

interface Documents {
  readonly userdata: Uint8Array | undefined
  readonly network: string | undefined
  readonly vendor: unknown
}

const cloudData = (metadata: unknown, {userdata, network, vendor}: Documents): CloudData => {
  // The key that is meant for cloud-init; others belong to other programs (OpenStack Nova, "Vendordata").
  const config = textMember(vendor, 'cloud-init')
  return {
    userdata,
    vendordata: config === undefined ? undefined : encodeUtf8(config),
    network: network === undefined ? undefined : {format: 'network_data.json', text: network},
    hostname: textMember(metadata, 'hostname'),
    isLocalHostname: true,
    keys: textsOf(Object.values(member(metadata, 'public_keys') ?? {})).map((key) => key.trim()),
    facts: {
      instance_id: textMember(metadata, 'uuid'),
      availability_zone: textMember(metadata, 'availability_zone'),
    },
  }
}
