import type {Route} from './source-case.ts'

export const ip = 'http://169.254.169.254'
export const dmi = (field: string, value: string) => ({[`/sys/class/dmi/id/${field}`]: `${value}\n`})
export const userdata = (body: string, more: Partial<Exclude<Route, string>> = {}): Route => ({
  body,
  isUserdata: true,
  ...more,
})
export const config = '#cloud-config\nhostname: given\n'
export const key = 'ssh-ed25519 AAAAkey me@lab'
/** `config` in base64, and compressed. */
export const encoded = 'I2Nsb3VkLWNvbmZpZwpob3N0bmFtZTogZ2l2ZW4K'
export const compressed = 'H4sIAAAAAAACA1NOzskvTdFNzs9Ly0znysgvLslLzE21UkjPLEvN4wIA75+mAB4AAAA='

export const oracle = JSON.stringify({
  id: 'ocid1.instance',
  hostname: 'oci',
  shape: 'VM.Standard',
  canonicalRegionName: 'eu-frankfurt-1',
  metadata: {ssh_authorized_keys: `${key}\n`, user_data: encoded},
})
export const azureInstance = {
  compute: {
    name: 'vm',
    vmId: 'az-1',
    location: 'westeurope',
    osProfile: {computerName: 'azure-node'},
    publicKeys: [{keyData: `${key}\r\n`, path: '/home/rancher/.ssh/authorized_keys'}],
    userData: encoded,
  },
  network: {interface: [{ipv4: {ipAddress: [{privateIpAddress: '10.0.0.4', publicIpAddress: ''}]}}]},
}
const wireserver = 'http://168.63.129.16/machine'
const agent = {'x-ms-agent-name': 'haos', 'x-ms-version': '2012-11-30'}
export const azureReport: Readonly<Record<string, Route>> = {
  [`GET ${wireserver}/?comp=goalstate`]: {
    body: '<GoalState><Incarnation>7</Incarnation><Container><ContainerId>c-1</ContainerId><RoleInstanceList><RoleInstance><InstanceId>_i</InstanceId></RoleInstance></RoleInstanceList></Container></GoalState>',
    headers: agent,
  },
  [`POST ${wireserver}?comp=health`]: {
    body: '',
    headers: agent,
    expects: ['<State>Ready</State>', '>7</GoalState', '>c-1<', '>_i<'],
  },
}
export const azureKept = {
  userdata: config,
  hostname: 'azure-node\n',
  local_hostname: 'azure-node\n',
  instance_id: 'az-1\n',
  region: 'westeurope\n',
  local_ipv4: '10.0.0.4\n',
  'ssh/authorized_keys': `${key}\n`,
}

export const ec2 = (base: string) => ({
  [`PUT ${base}/latest/api/token`]: {body: 'T', headers: {'X-aws-ec2-metadata-token-ttl-seconds': '21600'}},
  [`GET ${base}/latest/meta-data/instance-id`]: 'i-1',
  [`GET ${base}/latest/meta-data/local-hostname`]: 'ip-10-0-0-1.ec2.internal',
  [`GET ${base}/latest/meta-data/public-keys/`]: '0=me',
  [`GET ${base}/latest/meta-data/public-keys/0/openssh-key`]: key,
  [`GET ${base}/latest/user-data`]: userdata(config),
})
export const ec2Kept = {
  userdata: config,
  hostname: 'ip-10-0-0-1.ec2.internal\n',
  local_hostname: 'ip-10-0-0-1.ec2.internal\n',
  instance_id: 'i-1\n',
  'ssh/authorized_keys': `${key}\n`,
}

export const stack = (base: string): Readonly<Record<string, Route>> => ({
  [`GET ${base}/openstack/latest/meta_data.json`]: `{"uuid": "u", "hostname": "os.novalocal", "public_keys": {"k": "${key}\\n"}}`,
  [`GET ${base}/openstack/latest/network_data.json`]: '{"links": []}',
  [`GET ${base}/openstack/latest/vendor_data.json`]: '{"cloud-init": "#cloud-config\\nhostname: theirs\\n"}',
  [`GET ${base}/openstack/latest/user_data`]: userdata(config),
})
export const stackKept = {
  userdata: config,
  vendordata: '#cloud-config\nhostname: theirs\n',
  hostname: 'os.novalocal\n',
  local_hostname: 'os.novalocal\n',
  instance_id: 'u\n',
  'network_data.json': '{"links": []}',
  'ssh/authorized_keys': `${key}\n`,
}
