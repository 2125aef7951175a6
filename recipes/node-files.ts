import {absent, directory, file, overlay, type PartList, service, symlink, user} from '#dsl'

interface NodeFilesOptions {
  /** Shell of the user who logs in. */
  readonly shell: string
  /** Groups of this user in addition to his own. */
  readonly groups: readonly string[]
  /** Services of the runlevel `default` in addition to those of every node: those that set up the network. */
  readonly services: readonly string[]
  /** Time servers of connman where neither the network nor config.yaml names one: those that the distribution's packages use. */
  readonly timeServers?: readonly string[]
}

/** What a node has whatever distribution it is made of: services and their settings, as literal files in `base/files`. */
export const nodeFiles = ({shell, groups, services: more, timeServers = []}: NodeFilesOptions): PartList => [
  overlay(new URL('./base/files/', import.meta.url), {replace: true, keep: 'parts'}),
  more.includes('connman') ? file('/etc/connman/main.conf', {text: connmanConf(timeServers), replace: true}) : [],
  user('rancher', {uid: 1000, comment: 'the one who logs in', shell, groups: [...groups]}),
  directory('/home/rancher', {mode: '0750', owner: 'rancher:rancher'}),
  // Those of the distribution would do again what stage 0 has done, or go by the name of one of ours.
  othersServices.map((name) => absent(`/etc/init.d/${name}`)),
  services('sysinit', ['mounts', 'udev']),
  services('default', [...everyNode, ...more]),
  services('shutdown', ['kill-processes']),
  initPrograms.map((name) => symlink(`/usr/sbin/${name}`, '../bin/busybox', {replace: true})),
  // Persistent, though /usr is not writable.
  symlink('/usr/local', '../var/local', {replace: true}),
  directory('/usr/lib/modules'),
]

const othersServices = ['cgroups', 'net-online'] as const

const everyNode = [
  'acpid',
  'coldplug',
  'klog',
  'local',
  'modules',
  'network-online',
  'node-config',
  'sshd',
  'sysctl',
  'syslog',
] as const

/** Settings of connman (connman.conf(5)). The node's program sets the name and time servers of config.yaml. */
const connmanConf = (timeServers: readonly string[]) => `[General]
PreferredTechnologies=ethernet,wifi
# No calls to connman.net to see whether the internet is there.
EnableOnlineCheck=false
# A node is named once: under another name it would be another node to its cluster.
AllowHostnameUpdates=false
AllowDomainnameUpdates=false
FallbackTimeservers=${timeServers.join(',')}
`

/** Programs that talk to busybox's init and to no other. */
const initPrograms = ['init', 'halt', 'poweroff', 'reboot'] as const

const services = (runlevel: 'sysinit' | 'default' | 'shutdown', names: readonly string[]) =>
  names.map((name) => service(name, {runlevel}))
