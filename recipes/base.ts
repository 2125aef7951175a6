import * as z from 'zod'
import {absent, defineRecipe, file, packages, symlink} from '#dsl'
import {nodeFiles} from './node-files.ts'

/**
 * The base of every node: OpenRC on busybox init, a network, an SSH server, one user, and the tools of a Kubernetes
 * node.
 *
 * Written for Debian's packages; `alpineBase` is the same for Alpine's.
 */
export const base = defineRecipe({
  name: 'base',
  options: z.strictObject({
    /** Packages in addition to those that a node needs. */
    packages: z.array(z.string().min(1)).default([]),
  }),
  parts: ({packages: more}) => [
    packages(...systemPackages, ...networkPackages, ...storagePackages, ...containerPackages, ...toolPackages, ...more),
    nodeFiles({
      shell: '/bin/bash',
      groups: ['sudo', 'adm'],
      services: ['connman', 'dbus'],
      timeServers: [0, 1, 2, 3].map((number) => `${number}.debian.pool.ntp.org`),
    }),
    symlink('/usr/sbin/start-statd', '../libexec/start-statd', {replace: true}),
    // sudo refuses files that others could have written.
    file('/etc/sudoers.d/rancher', {mode: '0440', text: 'rancher ALL=(ALL:ALL) NOPASSWD: ALL\n'}),
    sysvScripts.map((name) => absent(`/etc/init.d/${name}`)),
    smallTools.map((name) => symlink(`/usr/bin/${name}`, 'busybox', {keep: true})),
    // Files that the running node writes are in writable directories, to which /etc has symlinks.
    symlink('/etc/resolv.conf', '/run/connman/resolv.conf', {replace: true, keep: 'parts'}),
    symlink('/etc/iscsi/initiatorname.iscsi', '/var/lib/iscsi/initiatorname.iscsi', {replace: true, keep: 'parts'}),
  ],
})

/** Written for another init system: OpenRC reports errors in their dependencies. */
const sysvScripts = ['apparmor', 'nfs-common', 'open-iscsi', 'procps', 'rc', 'rcS', 'ssh', 'sudo'] as const

/** The init system, the login, time zones, the interpreter of the node's program. */
const systemPackages = [
  'busybox-static',
  'ca-certificates',
  'dbus',
  'kmod',
  'login',
  'mount',
  'openrc',
  'procps',
  'quickjs',
  'sudo',
  'tzdata',
  'udev',
]

/** kube-proxy and network plugins call the last four. */
const networkPackages = [
  'connman',
  'curl',
  // DHCP for links of config.yaml; connman cannot make bonds and VLANs.
  'dhcpcd-base',
  'iproute2',
  'openssh-server',
  'wpasupplicant',
  'conntrack',
  'ethtool',
  'iptables',
  'nftables',
]

/**
 * Kubelet and storage plugins create and mount file systems with these, and the installer partitions disks.
 *
 * Not xfsprogs: it depends on ICU, which is larger than all of these.
 */
const storagePackages = ['dosfstools', 'e2fsprogs', 'fdisk', 'nfs-common', 'open-iscsi', 'parted']

/** containerd loads a profile for each container with its parser if the kernel has AppArmor, as Debian's does. */
const containerPackages = ['apparmor']

/** Debian packages declare users and files in systemd's formats; these two apply them without systemd. */
const toolPackages = ['systemd-standalone-sysusers', 'systemd-standalone-tmpfiles']

/** busybox's tools for maintaining a node; a requested package's own program takes precedence. */
const smallTools = ['arping', 'killall', 'less', 'nc', 'nslookup', 'ping', 'traceroute', 'vi', 'wget', 'xxd']
