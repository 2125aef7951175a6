import {linesOf, type Provider} from './provider.ts'

const base = 'http://169.254.169.254/metadata/v1'

/** DigitalOcean droplets. */
export const digitalocean: Provider = {
  name: 'digitalocean',
  firmware: /DigitalOcean/,
  ask(web) {
    const id = web.getText(`${base}/id`)
    if (id === undefined) return undefined
    return {
      userdata: web.getUserdata(`${base}/user-data`),
      hostname: web.getText(`${base}/hostname`),
      keys: linesOf(web.getText(`${base}/public-keys`)),
      facts: {
        id,
        region: web.getText(`${base}/region`),
        public_ipv4: web.getText(`${base}/interfaces/public/0/ipv4/address`),
        private_ipv4: web.getText(`${base}/interfaces/private/0/ipv4/address`),
      },
    }
  },
}
