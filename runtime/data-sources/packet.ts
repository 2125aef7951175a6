import {decodeUtf8} from '../text/utf8.ts'
import {member, type Provider, textMember, textsOf} from './provider.ts'

/** The current and the former address of the service. */
const bases = ['https://metadata.platformequinix.com', 'https://metadata.packet.net']

/** Equinix Metal, formerly Packet. Its network bonding is connman's business, not ours. */
export const packet: Provider = {
  name: 'packet',
  ask(web) {
    for (const base of bases) {
      const metadata = web.getJson(`${base}/metadata`)
      if (metadata === undefined) continue
      const addresses = member(metadata, 'network', 'addresses')
      const address = (isPublic: boolean) =>
        textMember(
          Array.isArray(addresses)
            ? addresses.find((one) => member(one, 'public') === isPublic && member(one, 'address_family') === 4)
            : undefined,
          'address',
        )
      return {
        userdata: unlessIpxe(web.getUserdata(`${base}/userdata`)),
        hostname: textMember(metadata, 'hostname'),
        keys: textsOf(member(metadata, 'ssh_keys')),
        facts: {
          instance_id: textMember(metadata, 'id'),
          facility: textMember(metadata, 'facility'),
          public_ipv4: address(true),
          private_ipv4: address(false),
        },
      }
    }
    return undefined
  },
}

/** Packet's userdata may also be a script for iPXE, which is not for the node. */
const unlessIpxe = (userdata: Uint8Array | undefined): Uint8Array | undefined =>
  userdata !== undefined && decodeUtf8(userdata.subarray(0, 6)) === '#!ipxe' ? undefined : userdata
