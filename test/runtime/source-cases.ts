import type {SourceCase} from './source-case.ts'
import {
  azureInstance,
  azureKept,
  azureReport,
  config,
  dmi,
  ec2,
  ec2Kept,
  encoded,
  ip,
  key,
  oracle,
  stack,
  stackKept,
  userdata,
} from './source-values.ts'

/** Sources with a metadata service: each is asked in every mode. */
export const serviceCases: readonly SourceCase[] = [
  {
    name: 'aws',
    files: dmi('sys_vendor', 'Amazon EC2'),
    headers: {'X-aws-ec2-metadata-token': 'T'},
    routes: ec2(ip),
    expected: ec2Kept,
  },
  {
    name: 'gcp',
    files: dmi('product_name', 'Google Compute Engine'),
    headers: {'Metadata-Flavor': 'Google'},
    refusal: 403,
    routes: {
      'GET http://metadata.google.internal/computeMetadata/v1/instance/hostname': 'g.internal',
      'GET http://metadata.google.internal/computeMetadata/v1/instance/attributes/user-data': userdata(config),
      'GET http://metadata.google.internal/computeMetadata/v1/project/attributes/ssh-keys': `me:${key}`,
      'GET http://metadata.google.internal/computeMetadata/v1/instance/id': '77',
    },
    expected: {userdata: config, hostname: 'g.internal\n', instance_id: '77\n', 'ssh/authorized_keys': `${key}\n`},
  },
  {
    name: 'hetzner',
    files: dmi('sys_vendor', 'Hetzner'),
    routes: {
      [`GET ${ip}/hetzner/v1/metadata/instance-id`]: '42',
      [`GET ${ip}/hetzner/v1/metadata/hostname`]: 'hz',
      [`GET ${ip}/hetzner/v1/metadata/public-keys`]: `["${key}"]`,
      [`GET ${ip}/hetzner/v1/userdata`]: userdata(config),
    },
    expected: {userdata: config, hostname: 'hz\n', instance_id: '42\n', 'ssh/authorized_keys': `${key}\n`},
  },
  {name: 'openstack', files: dmi('product_name', 'OpenStack Nova'), routes: stack(ip), expected: stackKept},
  {
    name: 'scaleway',
    files: dmi('sys_vendor', 'Scaleway'),
    routes: {
      'GET http://169.254.42.42/conf?format=json': `{"id": "s", "hostname": "scw", "ssh_public_keys": [{"key": "${key}"}]}`,
      'GET http://169.254.42.42/user_data/cloud-init': userdata(config, {isPrivileged: true}),
    },
    expected: {userdata: config, hostname: 'scw\n', instance_id: 's\n', 'ssh/authorized_keys': `${key}\n`},
  },
  {
    name: 'vultr',
    files: dmi('sys_vendor', 'Vultr'),
    routes: {
      [`GET ${ip}/v1/instanceid`]: 'v1',
      [`GET ${ip}/v1/hostname`]: 'vu',
      [`GET ${ip}/v1/public-keys`]: `${key}\n`,
      [`GET ${ip}/latest/user-data`]: userdata(config),
    },
    expected: {userdata: config, hostname: 'vu\n', instance_id: 'v1\n', 'ssh/authorized_keys': `${key}\n`},
  },
  {
    name: 'digitalocean',
    files: dmi('sys_vendor', 'DigitalOcean'),
    routes: {
      [`GET ${ip}/metadata/v1/id`]: '9',
      [`GET ${ip}/metadata/v1/hostname`]: 'drop',
      [`GET ${ip}/metadata/v1/public-keys`]: key,
      [`GET ${ip}/metadata/v1/user-data`]: userdata(config),
    },
    expected: {userdata: config, hostname: 'drop\n', id: '9\n', instance_id: '9\n', 'ssh/authorized_keys': `${key}\n`},
  },
  {
    name: 'packet',
    routes: {
      'GET https://metadata.platformequinix.com/metadata': `{"id": "m", "hostname": "em", "ssh_keys": ["${key}"]}`,
      'GET https://metadata.platformequinix.com/userdata': userdata(config),
    },
    expected: {userdata: config, hostname: 'em\n', instance_id: 'm\n', 'ssh/authorized_keys': `${key}\n`},
  },
  {
    name: 'azure',
    files: dmi('chassis_asset_tag', '7783-7084-3265-9085-8269-3286-77'),
    routes: {
      [`GET ${ip}/metadata/instance?api-version=2021-08-01&format=json`]: {
        body: JSON.stringify(azureInstance),
        headers: {Metadata: 'true'},
      },
      ...azureReport,
    },
    refusal: 400,
    expected: azureKept,
  },
  {
    name: 'exoscale',
    files: dmi('product_name', 'Exoscale Compute Platform'),
    routes: {
      [`GET ${ip}/1.0/meta-data/instance-id`]: 'exo-1',
      [`GET ${ip}/1.0/meta-data/local-hostname`]: 'exo',
      [`GET ${ip}/1.0/meta-data/public-keys/`]: '0=me',
      [`GET ${ip}/1.0/meta-data/public-keys/0/openssh-key`]: key,
      [`GET ${ip}/1.0/user-data`]: userdata(config),
    },
    expected: {userdata: config, hostname: 'exo\n', instance_id: 'exo-1\n', 'ssh/authorized_keys': `${key}\n`},
  },
  {
    name: 'oracle',
    files: dmi('chassis_asset_tag', 'OracleCloud.com'),
    headers: {Authorization: 'Bearer Oracle'},
    refusal: 404,
    routes: {[`GET ${ip}/opc/v2/instance/`]: oracle},
    expected: {
      userdata: config,
      hostname: 'oci\n',
      instance_id: 'ocid1.instance\n',
      instance_type: 'VM.Standard\n',
      region: 'eu-frankfurt-1\n',
      'ssh/authorized_keys': `${key}\n`,
    },
  },
  {
    name: 'upcloud',
    files: dmi('sys_vendor', 'UpCloud'),
    routes: {
      [`GET ${ip}/metadata/v1.json`]: JSON.stringify({
        cloud_name: 'upcloud',
        instance_id: 'up-1',
        hostname: 'up',
        region: 'fi-hel1',
        public_keys: [key],
        user_data: config,
        vendor_data: '',
        network: {interfaces: [{type: 'public', ip_addresses: [{family: 'IPv4', address: '192.0.2.9'}]}]},
      }),
    },
    expected: {
      userdata: config,
      hostname: 'up\n',
      instance_id: 'up-1\n',
      region: 'fi-hel1\n',
      public_ipv4: '192.0.2.9\n',
      'ssh/authorized_keys': `${key}\n`,
    },
  },
  {
    name: 'akamai',
    files: dmi('sys_vendor', 'Akamai'),
    headers: {'Metadata-Token': 'A'},
    routes: {
      [`PUT ${ip}/v1/token`]: {body: 'A', headers: {'Metadata-Token-Expiry-Seconds': '3600'}},
      [`GET ${ip}/v1/instance`]: {
        body: '{"id": 12, "label": "linode", "region": "us-east", "type": "g6"}',
        headers: {Accept: 'application/json'},
      },
      [`GET ${ip}/v1/ssh-keys`]: `{"users": {"root": ["${key}"]}}`,
      [`GET ${ip}/v1/user-data`]: userdata(encoded),
    },
    expected: {
      userdata: config,
      hostname: 'linode\n',
      instance_id: '12\n',
      instance_type: 'g6\n',
      region: 'us-east\n',
      'ssh/authorized_keys': `${key}\n`,
    },
  },
]

/** Services that answer too late: one that the firmware does not name, since each of its addresses is waited for. */
export const slowCases: readonly SourceCase[] = serviceCases.filter(({name}) => name === 'packet')
