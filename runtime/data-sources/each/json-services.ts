import {decodeBase64} from '../../text/base64.ts'
import {encodeUtf8} from '../../text/utf8.ts'
import {itemsOf, linesOf, member, textMember, textsOf} from '../members.ts'
import {linkLocal, type Provider} from '../provider.ts'

/** Bytes from base64; throws an Error with the name of what is damaged. */
export function decoded(what: string, text: string | undefined): Uint8Array | undefined {
  if (text === undefined || text.trim() === '') return undefined
  try {
    return decodeBase64(text.replace(/\s/g, ''))
  } catch {
    throw new Error(`${what} cannot be decoded: it is not base64`)
  }
}

/** Oracle Cloud (OCI): instance metadata service, version 2 (cloud-init, DataSourceOracle). */
export const oracle: Provider = {
  name: 'oracle',
  bases: linkLocal('http://[fd00:c1::a9fe:a9fe]'),
  headers: {Authorization: 'Bearer Oracle'},
  ask(web) {
    const instance = web.getJson('/opc/v2/instance/')
    if (instance === undefined) return undefined
    return {
      userdata: decoded('the user data of oracle', textMember(instance, 'metadata', 'user_data')),
      hostname: textMember(instance, 'hostname') ?? textMember(instance, 'displayName'),
      keys: linesOf(textMember(instance, 'metadata', 'ssh_authorized_keys')),
      facts: {
        instance_id: textMember(instance, 'id'),
        instance_type: textMember(instance, 'shape'),
        region: textMember(instance, 'canonicalRegionName'),
        availability_zone: textMember(instance, 'availabilityDomain'),
      },
    }
  },
}

/** UpCloud servers (cloud-init, DataSourceUpCloud). */
export const upcloud: Provider = {
  name: 'upcloud',
  bases: linkLocal(),
  ask(web) {
    const metadata = web.getJson('/metadata/v1.json')
    if (metadata === undefined) return undefined
    const bytes = (name: string) => {
      const text = textMember(metadata, name)
      return text && encodeUtf8(text)
    }
    const addressOf = (type: string) =>
      itemsOf(member(metadata, 'network', 'interfaces'))
        .filter((link) => member(link, 'type') === type)
        .flatMap((link) => itemsOf(member(link, 'ip_addresses')))
        .find((address) => member(address, 'family') === 'IPv4')
    return {
      userdata: bytes('user_data') || undefined,
      vendordata: bytes('vendor_data') || undefined,
      hostname: textMember(metadata, 'hostname'),
      keys: textsOf(member(metadata, 'public_keys')),
      facts: {
        instance_id: textMember(metadata, 'instance_id'),
        region: textMember(metadata, 'region'),
        public_ipv4: textMember(addressOf('public'), 'address'),
        private_ipv4: textMember(addressOf('utility'), 'address'),
      },
    }
  },
}

/** Akamai, formerly Linode: only who has a token is answered (cloud-init, DataSourceAkamai). */
export const akamai: Provider = {
  name: 'akamai',
  bases: linkLocal('http://[fd00:a9fe:a9fe::1]'),
  headers: {Accept: 'application/json'},
  ask(web) {
    const token = web.putText('/v1/token', {'Metadata-Token-Expiry-Seconds': '3600'})
    if (token === undefined) return undefined
    web.useHeaders({'Metadata-Token': token})
    const instance = web.getJson('/v1/instance')
    if (instance === undefined) return undefined
    const users = member(web.getJson('/v1/ssh-keys'), 'users')
    const userdata = web.getUserdata('/v1/user-data')
    return {
      userdata: userdata && decoded('the user data of akamai', String.fromCharCode(...userdata)),
      hostname: textMember(instance, 'label'),
      keys: Object.values(users ?? {}).flatMap(textsOf),
      facts: {
        instance_id: textMember(instance, 'id'),
        instance_type: textMember(instance, 'type'),
        region: textMember(instance, 'region'),
      },
    }
  },
}
