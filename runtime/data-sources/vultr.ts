import {linesOf, type Provider} from './provider.ts'

const base = 'http://169.254.169.254'

/** Vultr instances. */
export const vultr: Provider = {
  name: 'vultr',
  firmware: /Vultr/i,
  ask(web) {
    const id = web.getText(`${base}/v1/instanceid`)
    if (id === undefined) return undefined
    return {
      userdata: web.getUserdata(`${base}/latest/user-data`),
      hostname: web.getText(`${base}/v1/hostname`),
      keys: linesOf(web.getText(`${base}/v1/public-keys`)),
      facts: {
        instance_id: id,
        region: web.getText(`${base}/v1/region/regioncode`),
        public_ipv4: web.getText(`${base}/v1/interfaces/0/ipv4/address`),
      },
    }
  },
}
