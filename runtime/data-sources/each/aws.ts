import {linesOf} from '../members.ts'
import type {MetadataService} from '../metadata-service.ts'
import {linkLocal, type Provider} from '../provider.ts'

const metadata = '/latest/meta-data'

/** Amazon EC2: instance metadata service, version 2 (with a session token), else 1. */
export const aws: Provider = {
  name: 'aws',
  bases: linkLocal('http://[fd00:ec2::254]'),
  ask(web) {
    const instance = openService(web)
    const localHostname = web.getText(`${metadata}/local-hostname`)
    if (localHostname === undefined && instance === undefined) return undefined
    return {
      userdata: web.getUserdata('/latest/user-data'),
      hostname: localHostname,
      isLocalHostname: true,
      keys: publicKeys(web, metadata),
      facts: {
        instance_id: instance,
        instance_type: web.getText(`${metadata}/instance-type`),
        availability_zone: web.getText(`${metadata}/placement/availability-zone`),
        local_ipv4: web.getText(`${metadata}/local-ipv4`),
        public_ipv4: web.getText(`${metadata}/public-ipv4`),
      },
    }
  },
}

/** Returns the id of the instance, and sets a token for all later requests if the service issues one. */
function openService(web: MetadataService): string | undefined {
  useToken(web)
  const instance = web.getText(`${metadata}/instance-id`)
  if (web.lastStatus !== 401) return instance
  // A service that requires a token exists, so retries are worthwhile.
  useToken(web)
  return web.getText(`${metadata}/instance-id`)
}

function useToken(web: MetadataService): void {
  const token = web.putText('/latest/api/token', {'X-aws-ec2-metadata-token-ttl-seconds': '21600'})
  if (token !== undefined) web.useHeaders({'X-aws-ec2-metadata-token': token})
}

/** The keys of a service in the style of EC2. Its list has lines such as `0=name`. */
export const publicKeys = (web: MetadataService, below: string): string[] =>
  linesOf(web.getText(`${below}/public-keys/`)).flatMap((line) =>
    linesOf(web.getText(`${below}/public-keys/${line.split('=')[0]}/openssh-key`)),
  )
