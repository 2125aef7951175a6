import type {Host} from '../host/host.ts'
import {decodeUtf8} from '../text/utf8.ts'
import {findLabelled, withMedium} from './medium.ts'
import {type CloudData, member, type Provider, textMember, textsOf} from './provider.ts'

const base = 'http://169.254.169.254/openstack/latest'

/** OpenStack: the config drive, which needs no network; otherwise the metadata service. */
export const openstack: Provider = {
  name: 'openstack',
  firmware: /OpenStack|OpenTelekomCloud/,
  ask(web, host) {
    const drive = fromDrive(host)
    if (drive !== undefined) return drive
    const metadata = web.getJson(`${base}/meta_data.json`)
    return metadata === undefined ? undefined : cloudData(metadata, web.getUserdata(`${base}/user_data`))
  },
}

const fromDrive = (host: Host): CloudData | undefined =>
  withMedium(host, findLabelled(host, 'config-2'), (read) => {
    const bytes = read('openstack/latest/meta_data.json')
    if (bytes === undefined) return undefined
    try {
      return cloudData(JSON.parse(decodeUtf8(bytes)), read('openstack/latest/user_data'))
    } catch {
      return undefined
    }
  })

const cloudData = (metadata: unknown, userdata: Uint8Array | undefined): CloudData => ({
  userdata,
  hostname: textMember(metadata, 'hostname'),
  isLocalHostname: true,
  keys: textsOf(Object.values(member(metadata, 'public_keys') ?? {})).map((key) => key.trim()),
  facts: {
    instance_id: textMember(metadata, 'uuid'),
    availability_zone: textMember(metadata, 'availability_zone'),
  },
})
