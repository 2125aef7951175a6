import {type Provider, textsOf} from './provider.ts'

const base = 'http://169.254.169.254/hetzner/v1'

/** Hetzner Cloud, through its own service: its EC2-style one could be mistaken for Amazon's. */
export const hetzner: Provider = {
  name: 'hetzner',
  firmware: /Hetzner/,
  ask(web) {
    const id = web.getText(`${base}/metadata/instance-id`)
    if (id === undefined) return undefined
    return {
      userdata: web.getUserdata(`${base}/userdata`),
      hostname: web.getText(`${base}/metadata/hostname`),
      keys: textsOf(web.getJson(`${base}/metadata/public-keys`)),
      facts: {
        instance_id: id,
        public_ipv4: web.getText(`${base}/metadata/public-ipv4`),
        availability_zone: web.getText(`${base}/metadata/availability-zone`),
      },
    }
  },
}
