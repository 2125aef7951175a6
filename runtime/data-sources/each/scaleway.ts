import {itemsOf, member, textMember} from '../members.ts'
import type {Provider} from '../provider.ts'

/** Scaleway instances. */
export const scaleway: Provider = {
  name: 'scaleway',
  bases: () => ['http://169.254.42.42', 'http://[fd00:42::42]'],
  ask(web) {
    const conf = web.getJson('/conf?format=json')
    if (conf === undefined) return undefined
    return {
      // Answered only when the request comes from a port that an ordinary user could not open.
      userdata: web.getUserdata('/user_data/cloud-init', {localPort: '1-1023'}),
      hostname: textMember(conf, 'hostname'),
      keys: itemsOf(member(conf, 'ssh_public_keys')).flatMap((key) => textMember(key, 'key') ?? []),
      facts: {
        instance_id: textMember(conf, 'id'),
        instance_location: textMember(conf, 'location', 'zone_id'),
        public_ip: textMember(conf, 'public_ip', 'address'),
        private_ip: textMember(conf, 'private_ip'),
      },
    }
  },
}
