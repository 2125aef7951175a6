import {member, type Provider, textMember} from './provider.ts'

const base = 'http://169.254.42.42'

/** Scaleway instances. */
export const scaleway: Provider = {
  name: 'scaleway',
  firmware: /Scaleway/i,
  ask(web) {
    const conf = web.getJson(`${base}/conf?format=json`)
    if (conf === undefined) return undefined
    const keys = member(conf, 'ssh_public_keys')
    return {
      // Answered only when the request comes from a port that an ordinary user could not open.
      userdata: web.getUserdata(`${base}/user_data/cloud-init`, {localPort: '1-1023'}),
      hostname: textMember(conf, 'hostname'),
      keys: Array.isArray(keys) ? keys.flatMap((key) => textMember(key, 'key') ?? []) : [],
      facts: {
        instance_id: textMember(conf, 'id'),
        instance_location: textMember(conf, 'location', 'zone_id'),
        public_ip: textMember(conf, 'public_ip', 'address'),
        private_ip: textMember(conf, 'private_ip'),
      },
    }
  },
}
