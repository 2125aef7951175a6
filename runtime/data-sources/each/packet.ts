import {decodeUtf8} from '../../text/utf8.ts'
import {itemsOf, member, textMember, textsOf} from '../members.ts'
import type {Provider} from '../provider.ts'

/** Equinix Metal, formerly Packet. Its network bonding is connman's business, not ours. */
export const packet: Provider = {
  name: 'packet',
  // The current and the former name.
  bases: () => ['https://metadata.platformequinix.com', 'https://metadata.packet.net'],
  ask(web) {
    const metadata = web.getJson('/metadata')
    if (metadata === undefined) return undefined
    const address = (isPublic: boolean) =>
      textMember(
        itemsOf(member(metadata, 'network', 'addresses')).find(
          (one) => member(one, 'public') === isPublic && member(one, 'address_family') === 4,
        ),
        'address',
      )
    return {
      userdata: unlessIpxe(web.getUserdata('/userdata')),
      hostname: textMember(metadata, 'hostname'),
      keys: textsOf(member(metadata, 'ssh_keys')),
      facts: {
        instance_id: textMember(metadata, 'id'),
        facility: textMember(metadata, 'facility'),
        public_ipv4: address(true),
        private_ipv4: address(false),
      },
    }
  },
}

/** Packet's userdata may also be a script for iPXE, which is not for the node. */
const unlessIpxe = (userdata: Uint8Array | undefined): Uint8Array | undefined =>
  userdata !== undefined && decodeUtf8(userdata.subarray(0, 6)) === '#!ipxe' ? undefined : userdata
