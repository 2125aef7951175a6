import type {ApplierCase} from './applier-case.ts'

/** The name of the node. */
export const hostnameCases: readonly ApplierCase[] = [
  {
    name: 'the host name reaches the kernel, /etc/hostname and one line of /etc/hosts',
    phase: 'boot',
    config: 'hostname: node-1',
    expected: {
      commands: ['hostname node-1'],
      files: {
        '/etc/hostname': {content: 'node-1\n'},
        '/etc/hosts': {content: '127.0.0.1\tlocalhost\n127.0.1.1 node-1\n\n::1 localhost\n'},
      },
    },
    settles: false,
  },
  {
    name: 'a hosts file without a line for the node gets one after localhost',
    phase: 'boot',
    config: 'hostname: old',
    files: {'/etc/hosts': '# names\n127.0.0.1 localhost\n10.0.0.1 x'},
    expected: {
      files: {'/etc/hosts': {content: '# names\n127.0.0.1 localhost\n127.0.1.1 old\n10.0.0.1 x\n'}},
      commands: [],
    },
  },
  {
    name: 'a node without a hosts file gets one',
    phase: 'boot',
    config: 'hostname: old',
    files: {'/etc/hosts': null},
    expected: {files: {'/etc/hosts': {content: '127.0.0.1 localhost\n127.0.1.1 old\n::1 localhost\n', mode: 0o644}}},
  },
  {
    name: 'the short form of a full name is known, too',
    phase: 'boot',
    config: 'hostname: node-1.lab.example',
    expected: {
      files: {
        '/etc/hostname': {content: 'node-1.lab.example\n'},
        '/etc/hosts': {
          content: '127.0.0.1\tlocalhost\n127.0.1.1 node-1.lab.example node-1\n\n::1 localhost\n',
        },
      },
    },
    settles: false,
  },
  {
    name: 'an invalid host name is reported and not set',
    phase: 'boot',
    config: 'hostname: dhcp_Name',
    expected: {
      commands: [],
      files: {
        '/etc/hostname': {content: 'old\n'},
        '/etc/hosts': {content: '127.0.0.1\tlocalhost\n127.0.1.1\told\n\n::1 localhost\n'},
      },
      problems: ['hostname'],
    },
  },
  {
    name: 'a name that only a cloud provides is set like one of the config, and kept for a boot without an answer of the cloud',
    phase: 'runtime',
    config: '{}',
    files: {'/run/config/hostname': 'of-cloud\n', '/proc/sys/kernel/hostname': 'of-cloud\n'},
    expected: {
      files: {
        '/etc/hostname': {content: 'of-cloud\n'},
        '/etc/hosts': {content: '127.0.0.1\tlocalhost\n127.0.1.1 of-cloud\n\n::1 localhost\n'},
        '/var/lib/rancher/haos/hostname': {content: 'of-cloud\n'},
      },
    },
  },
  {
    name: 'a host name that the kernel refuses is not written',
    phase: 'boot',
    config: 'hostname: refused\nboot_cmd: [echo on]',
    statuses: {'hostname refused': 1},
    expected: {
      files: {'/etc/hostname': {content: 'old\n'}},
      commands: ['hostname refused', 'sh -c echo on'],
      problems: ['hostname'],
    },
    settles: false,
  },
  {
    name: 'a name is made of the serial number and the address of the first card, as a name may hold them',
    phase: 'boot',
    config: 'hostname: node-${serial}.${mac}.lab',
    files: {
      '/sys/class/dmi/id/product_serial': 'VMware-56 4d/2F \n',
      '/sys/class/net/eth0/address': '52:54:00:12:34:56\n',
      '/sys/class/net/eth0/device/vendor': '0x1af4\n',
      '/sys/class/net/dummy0/address': '02:00:00:00:00:01\n',
    },
    expected: {
      files: {'/etc/hostname': {content: 'node-vmware-56-4d-2f.525400123456.lab\n'}},
      commands: ['hostname node-vmware-56-4d-2f.525400123456.lab'],
    },
    settles: false,
  },
  ...[
    ['that the machine does not have', 'node-${serial}'],
    ['that nothing fills in', 'node-${rack}'],
  ].map(
    ([which, name]): ApplierCase => ({
      name: `a name of a fact ${which} is a problem, and the present name stays`,
      phase: 'boot',
      config: `hostname: ${name}`,
      files: {'/sys/class/dmi/id/product_serial': 'To Be Filled By O.E.M.\n'},
      expected: {files: {'/etc/hostname': {content: 'old\n'}}, commands: [], problems: ['hostname']},
    }),
  ),
]
