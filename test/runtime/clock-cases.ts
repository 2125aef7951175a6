import type {ApplierCase} from './applier-case.ts'

const berlin = 'TZif2 of Berlin'
const zones = {'/usr/share/zoneinfo/Europe/Berlin': berlin, '/usr/share/zoneinfo/tzdata.zi': '# version 2026a\n'}

/** Time zones and time servers. */
export const clockCases: readonly ApplierCase[] = [
  {
    name: 'the time zone is a copy of its file, in place of a link, and its name',
    phase: 'boot',
    config: 'timezone: Europe/Berlin',
    files: zones,
    links: {'/etc/localtime': '../usr/share/zoneinfo/UTC'},
    expected: {
      files: {
        '/etc/localtime': {content: berlin, mode: 0o644},
        '/etc/timezone': {content: 'Europe/Berlin\n'},
        '/usr/share/zoneinfo/UTC': null,
      },
    },
  },
  ...['Europe/Bonn', 'Europe', 'tzdata.zi', '../../../etc/passwd'].map(
    (name): ApplierCase => ({
      name: `${name} is not a time zone, and the present one stays`,
      phase: 'runtime',
      config: `timezone: ${name}`,
      files: {...zones, '/etc/localtime': 'TZif2 of UTC'},
      expected: {
        files: {'/etc/localtime': {content: 'TZif2 of UTC'}, '/etc/timezone': null},
        problems: ['timezone'],
      },
    }),
  ),
  {
    name: 'an image without time zones is no place for one',
    phase: 'boot',
    config: 'timezone: Europe/Berlin',
    expected: {files: {'/etc/localtime': null}, problems: ['timezone']},
  },
  {
    name: 'chrony has the servers of the config in place of those of the image, and connman leaves the clock alone',
    phase: 'boot',
    config: 'ntp: {servers: [ntp.lab.example], pools: [pool.lab.example]}\nhaos: {ntp_servers: [10.0.0.1]}',
    files: {
      '/usr/sbin/chronyd': '',
      '/etc/chrony/chrony.conf': 'pool 2.debian.pool.ntp.org iburst\nmakestep 1 3\n',
      '/var/lib/connman/settings': '[global]\nOfflineMode=false\nTimeUpdates=auto\n',
    },
    expected: {
      files: {
        '/etc/chrony/chrony.conf': {
          content:
            'server ntp.lab.example iburst\nserver 10.0.0.1 iburst\npool pool.lab.example iburst\nmakestep 1 3\n',
        },
        '/etc/init.d/chronyd': {mode: 0o755},
        '/etc/runlevels/default/chronyd': {},
        '/var/lib/connman/settings': {content: '[global]\nTimeUpdates=manual\nOfflineMode=false\n'},
      },
      commands: [],
    },
  },
  {
    name: 'without chrony, connman has the servers and pools',
    phase: 'boot',
    config: 'ntp: {servers: [a], pools: [b]}\nhaos: {ntp_servers: [c]}',
    expected: {
      files: {
        '/etc/connman/main.conf': {content: '[General]\nFallbackTimeservers=a,b,c\n'},
        '/etc/init.d/chronyd': null,
        '/var/lib/connman/settings': null,
      },
    },
  },
  {
    name: 'a connman that runs is told to leave the clock alone',
    phase: 'runtime',
    config: 'ntp: {enabled: false}',
    files: {'/run/connman/x': ''},
    expected: {
      files: {'/var/lib/connman/settings': null},
      commands: [
        'dbus-send --system --print-reply --dest=net.connman / net.connman.Clock.SetProperty string:TimeUpdates variant:string:manual',
      ],
    },
  },
  {
    name: 'connman sets the clock again once the config does not say otherwise',
    phase: 'boot',
    config: '',
    files: {
      '/var/lib/rancher/haos/connman-time.off': '',
      '/var/lib/connman/settings': '[global]\nTimeUpdates=manual\n',
    },
    expected: {
      files: {
        '/var/lib/connman/settings': {content: '[global]\nTimeUpdates=auto\n'},
        '/var/lib/rancher/haos/connman-time.off': null,
      },
    },
  },
  {
    name: 'chrony in an image without it is reported',
    phase: 'boot',
    config: 'ntp: {ntp_client: chrony}',
    expected: {files: {'/etc/init.d/chronyd': null}, problems: ['ntp.ntp_client']},
  },
]
