import {linesOf} from '../members.ts'
import type {Provider} from '../provider.ts'

const base = '/computeMetadata/v1'

/** Google Compute Engine. */
export const gcp: Provider = {
  name: 'gcp',
  // The name resolves to 169.254.169.254 by the name server of the cloud alone.
  bases: () => ['http://metadata.google.internal', 'http://169.254.169.254', 'http://[fd20:ce::254]'],
  headers: {'Metadata-Flavor': 'Google'},
  ask(web) {
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
