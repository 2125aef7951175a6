import {linkLocal, linkLocalOnLinks} from '../provider.ts'
import {publicKeys} from './aws.ts'
import {treeService} from './tree-service.ts'

const hetznerBase = '/hetzner/v1'
const oceanBase = '/metadata/v1'

/** Hetzner Cloud, through its own service: its EC2-style one could be mistaken for Amazon's. Without user data it answers 204. */
export const hetzner = treeService({
  name: 'hetzner',
  bases: linkLocalOnLinks,
  id: `${hetznerBase}/metadata/instance-id`,
  userdata: `${hetznerBase}/userdata`,
  hostname: `${hetznerBase}/metadata/hostname`,
  keys: `${hetznerBase}/metadata/public-keys`,
  facts: {
    public_ipv4: `${hetznerBase}/metadata/public-ipv4`,
    availability_zone: `${hetznerBase}/metadata/availability-zone`,
  },
})

/** DigitalOcean droplets. */
export const digitalocean = treeService({
  name: 'digitalocean',
  bases: linkLocal(),
  id: `${oceanBase}/id`,
  userdata: `${oceanBase}/user-data`,
  hostname: `${oceanBase}/hostname`,
  keys: `${oceanBase}/public-keys`,
  facts: {
    id: `${oceanBase}/id`,
    region: `${oceanBase}/region`,
    public_ipv4: `${oceanBase}/interfaces/public/0/ipv4/address`,
    private_ipv4: `${oceanBase}/interfaces/private/0/ipv4/address`,
  },
})

/** Vultr instances. */
export const vultr = treeService({
  name: 'vultr',
  bases: linkLocal(),
  id: '/v1/instanceid',
  userdata: '/latest/user-data',
  hostname: '/v1/hostname',
  keys: '/v1/public-keys',
  facts: {region: '/v1/region/regioncode', public_ipv4: '/v1/interfaces/0/ipv4/address'},
})

/** Exoscale instances (cloud-init, DataSourceExoscale). */
export const exoscale = treeService({
  name: 'exoscale',
  bases: linkLocal(),
  id: '/1.0/meta-data/instance-id',
  userdata: '/1.0/user-data',
  hostname: '/1.0/meta-data/local-hostname',
  keys: (web) => publicKeys(web, '/1.0/meta-data'),
  facts: {
    availability_zone: '/1.0/meta-data/availability-zone',
    local_ipv4: '/1.0/meta-data/local-ipv4',
    public_ipv4: '/1.0/meta-data/public-ipv4',
  },
})
