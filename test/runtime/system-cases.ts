import type {ApplierCase} from './applier-case.ts'

/** A certificate, with line breaks as in a double-quoted YAML text unless others are given. */
const pem = (body: string, line = '\\n') => `-----BEGIN CERTIFICATE-----${line}${body}${line}-----END CERTIFICATE-----`
const bundle = '/etc/ssl/certs/ca-certificates.crt'
const certificateFile = (number: number) => `/usr/local/share/ca-certificates/node-config-${number}.crt`

/** Modules, kernel parameters, names and the network. */
export const systemCases: readonly ApplierCase[] = [
  {
    name: 'a loaded module is not loaded again, under either spelling of its name',
    phase: 'initrd',
    config: 'haos: {modules: [kvm, nf-tables, nvme, "loop max_loop=8  x=1"]}',
    expected: {commands: ['modprobe nvme', 'modprobe loop max_loop=8 x=1']},
    settles: false,
  },
  {
    name: 'a failed module does not prevent others, and an option is neither a module nor a parameter',
    phase: 'boot',
    config: 'haos: {modules: [bad, "-r kvm", "kvm -r", good]}\nhostname: h',
    statuses: {'modprobe bad': 1},
    expected: {
      commands: ['modprobe bad', 'modprobe good', 'hostname h'],
      problems: ['haos.modules[1]', 'haos.modules[2]', 'haos.modules[0]'],
    },
    settles: false,
  },
  {
    name: 'kernel parameters are set with either separator, and an interface with a dot keeps it',
    phase: 'boot',
    config: `haos:
  sysctls:
    kernel.printk: 4 4 1 7
    net/ipv4/ip_forward: 1
    net/ipv4/conf/eth0.100/forwarding: 1`,
    expected: {
      files: {
        '/proc/sys/kernel/printk': {content: '4 4 1 7'},
        '/proc/sys/net/ipv4/ip_forward': {content: '1'},
        '/proc/sys/net/ipv4/conf/eth0.100/forwarding': {content: '1'},
      },
    },
  },
  {
    name: 'a missing kernel parameter is a problem, and the next one is set',
    phase: 'boot',
    config: 'haos: {sysctls: {no.such.parameter: 1, ../../etc/hostname: x, net.ipv4.ip_forward: 1}}',
    expected: {
      files: {'/proc/sys/net/ipv4/ip_forward': {content: '1'}, '/etc/hostname': {content: 'old\n'}},
      problems: ['haos.sysctls[../../etc/hostname]', 'haos.sysctls[no.such.parameter]'],
    },
  },
  {
    name: 'each certificate of an authority is a file of its own and in the bundle, and those that left the config are removed',
    phase: 'boot',
    config: `ca_certs: ["Root\\n${pem('MIIBone')}\\n${pem('MIIBtwo')}\\n"]`,
    files: {
      [certificateFile(2)]: 'old',
      [certificateFile(3)]: 'old',
      '/usr/local/share/ca-certificates/own.crt': 'own',
      [bundle]: `of the image\n# ca_certs of the node's config\nold\n# end of ca_certs\n`,
    },
    expected: {
      files: {
        [certificateFile(1)]: {content: `${pem('MIIBone', '\n')}\n`, mode: 0o644},
        [certificateFile(2)]: {content: `${pem('MIIBtwo', '\n')}\n`},
        [certificateFile(3)]: null,
        '/usr/local/share/ca-certificates/own.crt': {content: 'own'},
        [bundle]: {
          content: `of the image\n# ca_certs of the node's config\n${pem('MIIBone', '\n')}\n${pem('MIIBtwo', '\n')}\n# end of ca_certs\n`,
          mode: 0o644,
        },
      },
      commands: [],
    },
  },
  {
    name: 'a config without authorities takes those of the former one out of the bundle',
    phase: 'runtime',
    config: '',
    files: {
      [certificateFile(1)]: 'old',
      [bundle]: `of the image\n# ca_certs of the node's config\nold\n# end of ca_certs\n`,
    },
    expected: {files: {[certificateFile(1)]: null, [bundle]: {content: 'of the image\n'}}},
  },
  {
    name: 'the names of cloud sources are written for the service that queries them',
    phase: 'boot',
    config: 'haos: {data_sources: [aws, cdrom]}',
    expected: {files: {'/etc/conf.d/cloud-config': {content: 'command_args="aws cdrom"\n'}}},
  },
  {
    name: 'a cloud source cannot smuggle a command into a file that a shell reads',
    phase: 'boot',
    config: "haos: {data_sources: ['$(reboot)', aws]}",
    expected: {
      files: {'/etc/conf.d/cloud-config': {content: 'command_args="aws"\n'}},
      problems: ['haos.data_sources[0]'],
    },
  },
  {
    name: 'without servers in the config, the settings of the image stay',
    phase: 'runtime',
    config: '',
    files: {'/etc/connman/main.conf': '[General]\nEnableOnlineCheck=false\n'},
    expected: {
      files: {
        '/etc/connman/main.conf': {content: '[General]\nEnableOnlineCheck=false\n'},
        '/etc/fallback-nameservers': null,
      },
      commands: [],
    },
  },
  {
    name: 'servers are added to the settings of the image, and the fallback service maintains resolv.conf',
    phase: 'boot',
    config: 'haos: {ntp_servers: [ntp.example.org], dns_nameservers: [9.9.9.9, "2620:fe::fe"]}',
    files: {'/etc/connman/main.conf': '[General]\nFallbackTimeservers=pool.ntp.org\nEnableOnlineCheck=false'},
    links: {'/etc/resolv.conf': '/run/connman/resolv.conf'},
    expected: {
      files: {
        '/etc/connman/main.conf': {
          content:
            '[General]\nFallbackTimeservers=ntp.example.org\nEnableOnlineCheck=false\nFallbackNameservers=9.9.9.9,2620:fe::fe\n',
        },
        '/etc/fallback-nameservers': {content: 'nameserver 9.9.9.9\nnameserver 2620:fe::fe\n', mode: 0o644},
        '/etc/resolv.conf': {content: '/run/resolv.conf'},
        '/etc/runlevels/default/fallback-dns': {content: '/etc/init.d/fallback-dns'},
      },
      commands: [],
    },
  },
  {
    name: 'the links of the config are passed to their service, which starts with the one that composes resolv.conf',
    phase: 'boot',
    config: 'network: {ethernets: {eth0: {addresses: [192.0.2.10/24], mtu: 9000}, eth1: {}}}',
    files: {'/etc/init.d/connman': ''},
    links: {'/etc/resolv.conf': '/run/connman/resolv.conf'},
    expected: {
      files: {
        '/run/node-network/wanted.json': {
          content: '{"ethernets":{"eth0":{"addresses":["192.0.2.10/24"],"mtu":"9000"},"eth1":{}}}\n',
          mode: 0o600,
        },
        '/etc/runlevels/default/links': {content: '/etc/init.d/links'},
        '/etc/runlevels/default/fallback-dns': {content: '/etc/init.d/fallback-dns'},
        '/etc/resolv.conf': {content: '/run/resolv.conf'},
      },
      commands: [],
    },
  },
  {
    name: 'servers from userdata take effect immediately, since connman is restarted',
    phase: 'runtime',
    config: '',
    files: {
      '/run/config/userdata': '{"haos": {"ntp_servers": ["ntp.example.org"], "dns_nameservers": ["9.9.9.9"]}}',
      '/etc/connman/main.conf': '[General]\nof the phase before',
      '/run/connman/resolv.conf': '',
    },
    expected: {
      files: {
        '/etc/connman/main.conf': {
          content: '[General]\nof the phase before\nFallbackNameservers=9.9.9.9\nFallbackTimeservers=ntp.example.org\n',
        },
      },
      commands: [
        'rc-service --nodeps --ifstarted connman restart',
        'rc-service --nodeps --ifstarted network-online restart',
        'rc-service --nodeps fallback-dns restart',
      ],
    },
  },
  {
    name: 'a wireless network from userdata is joined immediately',
    phase: 'runtime',
    config: '{write_files: [{path: /etc/connman/main.conf, content: mine}]}',
    files: {
      '/run/config/userdata': 'haos: {wifi: [{name: home, passphrase: secret phrase}]}',
      '/run/connman/resolv.conf': '',
    },
    expected: {
      files: {'/var/lib/connman/settings': {content: '[WiFi]\nEnable=true\nTethering=false\n'}},
      commands: ['connmanctl enable wifi'],
    },
  },
  {
    name: 'settings that connman has added stay',
    phase: 'boot',
    config: 'haos: {wifi: [{name: home}]}',
    files: {
      '/var/lib/connman/settings':
        '[global]\nOfflineMode=false\n\n[WiFi]\nName=x\nEnable=true\n\n[Wired]\nEnable=true\n',
    },
    expected: {
      files: {
        '/var/lib/connman/settings': {
          content: '[global]\nOfflineMode=false\n\n[WiFi]\nName=x\nEnable=true\n\n[Wired]\nEnable=true\n',
        },
      },
    },
  },
  {
    name: 'a main.conf of connman in write_files is not overwritten',
    phase: 'boot',
    config: 'write_files: [{path: /etc/connman/main.conf, content: mine}]\nhaos: {dns_nameservers: [1.1.1.1]}',
    expected: {files: {'/etc/connman/main.conf': {content: 'mine'}}},
  },
  {
    name: 'a name server with a line break sets no other option of connman',
    phase: 'boot',
    config: 'haos: {dns_nameservers: ["1.1.1.1\\nEnableOnlineCheck=false", 9.9.9.9]}',
    expected: {
      files: {
        '/etc/connman/main.conf': {
          content: '[General]\nFallbackNameservers=9.9.9.9\n',
        },
      },
      problems: ['haos.dns_nameservers[0]'],
    },
  },
  {
    name: 'only root can read the passphrases of wireless networks',
    phase: 'boot',
    config: 'haos: {wifi: [{name: home, passphrase: secret phrase}, {name: open, passphrase: " a\\\\b"}]}',
    files: {'/var/lib/connman/cloud-config.config': {content: 'old', mode: 0o644}},
    expected: {
      files: {
        '/var/lib/connman/settings': {content: '[WiFi]\nEnable=true\nTethering=false\n'},
        '/var/lib/connman/cloud-config.config': {
          mode: 0o600,
          content: `[global]
Name=cloud-config
Description=Services defined in the cloud-config
[service_wifi0]
Type=wifi
Passphrase=secret phrase
Name=home
[service_wifi1]
Type=wifi
Passphrase=\\sa\\\\b
Name=open
`,
        },
      },
    },
  },
  {
    name: 'the environment keeps its comments and its order, and each variable once',
    phase: 'boot',
    config: 'haos: {environment: {B: "2 \\"x\\"", NEW: $HOME, QUOTED: "it\u0027s `id` $x", "a;id>": z}}',
    files: {'/etc/environment': '# proxies\nA=1\n\nB=old\nexport C="c d"\nnot an assignment\nA=3'},
    expected: {
      files: {
        '/etc/environment': {
          content:
            '# proxies\nA="3"\n\nB=\u00272 "x"\u0027\nC="c d"\nnot an assignment\nNEW=\u0027$HOME\u0027\nQUOTED="it\u0027s \\`id\\` \\$x"\n',
        },
      },
      problems: ['haos.environment[a;id>]'],
    },
  },
]
