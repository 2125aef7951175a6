import type {Route, SourceCase} from './source-case.ts'
import {
  azureInstance,
  azureKept,
  azureReport,
  compressed,
  config,
  dmi,
  ec2,
  ec2Kept,
  encoded,
  ip,
  key,
  stack,
  stackKept,
} from './source-values.ts'

/** The only card of a machine without a route for IPv4. */
const onlyIpv6 = {'/proc/net/route': 'Iface\tDestination\tGateway\n', '/sys/class/net/ens3/mtu': '1500\n'}

const seedFiles = {
  'user-data': config,
  'meta-data': `instance-id: nc-1\nlocal-hostname: seeded\npublic-keys:\n- ${key}\n`,
  'vendor-data': '#cloud-config\nhostname: theirs\n',
  'network-config': 'version: 2\n',
}
const seedKept = {
  userdata: config,
  vendordata: seedFiles['vendor-data'],
  hostname: 'seeded\n',
  local_hostname: 'seeded\n',
  instance_id: 'nc-1\n',
  'network-config': 'version: 2\n',
  'ssh/authorized_keys': `${key}\n`,
}
const seedRoutes = (from: string): Readonly<Record<string, Route>> =>
  Object.fromEntries(Object.entries(seedFiles).map(([name, text]) => [`GET ${from}${name}`, text]))

const rpc = (name: string) => `vmware-rpctool info-get guestinfo.${name}`

/** Sources without a service, and services in a certain situation. */
export const singleCases: readonly SourceCase[] = [
  {
    name: 'aws with IPv6 alone',
    sources: ['aws'],
    files: {...dmi('sys_vendor', 'Amazon EC2'), ...onlyIpv6},
    headers: {'X-aws-ec2-metadata-token': 'T'},
    routes: ec2('http://[fd00:ec2::254]'),
    expected: ec2Kept,
    provider: 'aws',
  },
  {
    name: 'openstack with IPv6 alone, on a machine whose firmware says nothing',
    sources: ['openstack'],
    files: onlyIpv6,
    routes: stack('http://[fe80::a9fe:a9fe%25ens3]'),
    expected: stackKept,
    provider: 'openstack',
  },
  {
    name: "Azure's disc, whose custom data win over the user data of the service",
    sources: ['azure'],
    files: {'/dev/sr0': ''},
    media: {
      '/dev/sr0': {
        type: 'udf',
        'ovf-env.xml': `<Environment xmlns:wa="http://schemas.microsoft.com/windowsazure"><wa:ProvisioningSection>
<LinuxProvisioningConfigurationSet><HostName>from-disc</HostName><wa:CustomData>${encoded}</wa:CustomData>
</LinuxProvisioningConfigurationSet></wa:ProvisioningSection></Environment>`,
      },
    },
    routes: {
      [`GET ${ip}/metadata/instance?api-version=2021-08-01&format=json`]: JSON.stringify({
        compute: {...azureInstance.compute, userData: 'b3RoZXI='},
        network: azureInstance.network,
      }),
      ...azureReport,
    },
    expected: {...azureKept, hostname: 'from-disc\n', local_hostname: 'from-disc\n'},
    provider: 'azure',
  },
  {
    name: 'vmware in base64, by vmware-rpctool',
    sources: ['vmware'],
    programs: {
      [rpc('metadata')]: 'aW5zdGFuY2UtaWQ6IHZtLTEKbG9jYWwtaG9zdG5hbWU6IGVzeGkKbmV0d29yazoKICB2ZXJzaW9uOiAyCg==\n',
      [rpc('metadata.encoding')]: 'base64\n',
      [rpc('userdata')]: `${encoded}\n`,
      [rpc('userdata.encoding')]: 'b64\n',
    },
    expected: {
      userdata: config,
      hostname: 'esxi\n',
      local_hostname: 'esxi\n',
      instance_id: 'vm-1\n',
      'network-config': '{"version":"2"}',
    },
    provider: 'vmware',
  },
  {
    name: 'vmware compressed and plain, by vmtoolsd, with vendor data',
    sources: ['vmware'],
    programs: {
      'vmtoolsd --cmd info-get guestinfo.metadata': `{"instance-id": "vm-2", "public-keys-data": "${key}"}`,
      'vmtoolsd --cmd info-get guestinfo.userdata': compressed,
      'vmtoolsd --cmd info-get guestinfo.userdata.encoding': 'gzip+base64',
      'vmtoolsd --cmd info-get guestinfo.vendordata': '#cloud-config\nhostname: theirs\n',
    },
    expected: {
      userdata: config,
      vendordata: '#cloud-config\nhostname: theirs\n',
      instance_id: 'vm-2\n',
      'ssh/authorized_keys': `${key}\n`,
    },
    provider: 'vmware',
  },
  {
    name: 'nocloud on FAT, whose label is in upper case',
    sources: ['nocloud'],
    media: {CIDATA: {type: 'vfat', ...seedFiles}},
    expected: seedKept,
    provider: 'nocloud',
  },
  {
    name: 'nocloud at a URL of the kernel command line, whose names win',
    sources: ['nocloud'],
    files: {'/proc/cmdline': 'quiet "ds=nocloud;s=http://seed.example/n/;h=named;i=id-7"\n'},
    routes: seedRoutes('http://seed.example/n/'),
    expected: {...seedKept, hostname: 'named\n', local_hostname: 'named\n', instance_id: 'id-7\n'},
    provider: 'nocloud',
  },
  {
    name: 'nocloud at a URL in the serial number, with one of the chassis in it',
    sources: ['auto'],
    files: {
      ...dmi('product_serial', 'ds=nocloud-net;seedfrom=https://seed.example/__dmi.chassis-serial-number__/'),
      ...dmi('chassis_serial', 'C 1'),
    },
    routes: seedRoutes('https://seed.example/C%201/'),
    expected: seedKept,
    provider: 'nocloud',
  },
  {
    name: 'nocloud in a directory of the image',
    sources: ['nocloud'],
    files: {
      '/proc/cmdline': 'ds=nocloud;s=file:///usr/share/seed/\n',
      '/usr/share/seed/user-data': config,
      '/usr/share/seed/meta-data': '{}',
    },
    expected: {userdata: config},
    provider: 'nocloud',
  },
  {
    name: 'proxmox with a config drive',
    sources: ['proxmox'],
    media: {'config-2': {'openstack/latest/meta_data.json': '{"uuid": "u"}', 'openstack/latest/user_data': config}},
    expected: {userdata: config, instance_id: 'u\n'},
    provider: 'proxmox',
  },
  {
    name: 'a file',
    sources: ['file=/etc/userdata'],
    files: {'/etc/userdata': config},
    expected: {userdata: config},
    provider: 'file=/etc/userdata',
  },
]
