import {linesOf, type Provider} from './provider.ts'

const base = 'http://metadata.google.internal/computeMetadata/v1'

/** Google Compute Engine. */
export const gcp: Provider = {
  name: 'gcp',
  firmware: /Google/,
  ask(web) {
    web.useHeaders({'Metadata-Flavor': 'Google'})
    const hostname = web.getText(`${base}/instance/hostname`)
    if (hostname === undefined) return undefined
    const keys = [`${base}/project/attributes/ssh-keys`, `${base}/instance/attributes/ssh-keys`]
    const address = `${base}/instance/network-interfaces/0`
    return {
      userdata: web.getUserdata(`${base}/instance/attributes/user-data`),
      hostname,
      // Each line begins with the name of the user and a colon.
      keys: keys.flatMap((url) => linesOf(web.getText(url)).map((line) => line.replace(/^[^\s:]+:/, ''))),
      facts: {
        instance_id: web.getText(`${base}/instance/id`),
        local_ipv4: web.getText(`${address}/ip`),
        public_ipv4: web.getText(`${address}/access-configs/0/external-ip`),
      },
    }
  },
}
