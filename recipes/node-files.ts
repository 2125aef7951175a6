import {absent, directory, file, overlay, type PartList, service, symlink, user} from '#dsl'

interface NodeFilesOptions {
  /** Shell of the login user. */
  readonly shell: string
  /** Groups of this user in addition to its primary group. */
  readonly groups: readonly string[]
  /** Services of the runlevel `default` in addition to those of every node: those that configure the network. */
  readonly services: readonly string[]
  /**
   * Fallback time servers of connman if neither the network nor config.yaml names one: those of the distribution's
   * packages.
   */
  readonly timeServers?: readonly string[]
}

/**
 * Parts of a node that do not depend on its distribution: services and their settings, as literal files in
 * `base/files`.
 */
export const nodeFiles = ({shell, groups, services: more, timeServers = []}: NodeFilesOptions): PartList => [
  overlay(new URL('./base/files/', import.meta.url), {replace: true, keep: 'parts'}),
  more.includes('connman') ? file('/etc/connman/main.conf', {text: connmanConf(timeServers), replace: true}) : [],
  user('rancher', {uid: 1000, comment: 'login user', shell, groups: [...groups]}),
  directory('/home/rancher', {mode: '0750', owner: 'rancher:rancher'}),
  // These services of the distribution would repeat the work of stage 0, or have the name of one of ours.
  othersServices.map((name) => absent(`/etc/init.d/${name}`)),
  services('sysinit', ['mounts', 'udev']),
  services('default', [...everyNode, ...more]),
  services('shutdown', ['kill-processes']),
  symlink('/usr/sbin/init', '../bin/busybox', {replace: true}),
  initPrograms.map((name) => symlink(`/usr/sbin/${name}`, '../libexec/end-machine', {replace: true})),
  // Persistent and writable, unlike /usr.
  symlink('/usr/local', '../var/local', {replace: true}),
  // The kubelet and the pods of network and storage plugins make directories of drivers here.
  symlink('/usr/libexec/kubernetes', '../local/libexec/kubernetes', {replace: true}),
  directory('/usr/lib/modules'),
  clusterTools.map((name) => symlink(`/usr/bin/${name}`, '../libexec/cluster-tool', {keep: true})),
]

/** They act as those of k3s or rke2, or say why they cannot. A package's own takes precedence. */
const clusterTools = ['kubectl', 'crictl', 'ctr'] as const

const othersServices = ['cgroups', 'net-online'] as const

const everyNode = [
  'acpid',
  'coldplug',
  'klog',
  'local',
  'modules',
  'network-online',
  'node-config',
  'pods',
  'upgrade-trial',
  'sshd',
  'sysctl',
  'syslog',
] as const

/** Settings of connman (connman.conf(5)). The node's program sets the name and time servers of config.yaml. */
const connmanConf = (timeServers: readonly string[]) => `[General]
PreferredTechnologies=ethernet,wifi
# No requests to connman.net to check for internet access.
EnableOnlineCheck=false
# The network must not rename a node: under another name it would be another node to its cluster.
AllowHostnameUpdates=false
AllowDomainnameUpdates=false
FallbackTimeservers=${timeServers.join(',')}
`

/** Programs that control only busybox's init. */
const initPrograms = ['halt', 'poweroff', 'reboot'] as const

const services = (runlevel: 'sysinit' | 'default' | 'shutdown', names: readonly string[]) =>
  names.map((name) => service(name, {runlevel}))
