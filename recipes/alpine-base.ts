import * as z from 'zod'
import {defineRecipe, file, overlay, packages, symlink} from '#dsl'
import {nodeFiles} from './node-files.ts'

/**
 * The base of every node, from Alpine's packages: OpenRC on busybox init, a network, an SSH server, one user, and the
 * tools of a Kubernetes node.
 */
export const alpineBase = defineRecipe({
  name: 'alpineBase',
  options: z.strictObject({
    /**
     * `full`: connman, bash and sudo, and the programs that kubelet, network plugins and the installer call. `small`:
     * dhcpcd, ash and doas, and only what a node requires; 20 MB. Default: `full`.
     */
    size: z.enum(['full', 'small']).default('full'),
    /** Packages in addition to those that a node needs. */
    packages: z.array(z.string().min(1)).default([]),
  }),
  parts: ({size, packages: more}) => [
    packages(...systemPackages, ...(size === 'full' ? fullPackages : smallPackages), ...more),
    size === 'full'
      ? [
          nodeFiles({shell: '/bin/bash', groups: ['wheel', 'adm'], services: ['connman', 'dbus'], timeServers}),
          symlink('/usr/sbin/start-statd', '../libexec/start-statd', {replace: true}),
          // sudo refuses files that others could have written.
          file('/etc/sudoers.d/rancher', {mode: '0440', text: 'rancher ALL=(ALL:ALL) NOPASSWD: ALL\n'}),
          symlink('/etc/resolv.conf', '/run/connman/resolv.conf', {replace: true, keep: 'parts'}),
          symlink('/etc/iscsi/initiatorname.iscsi', '/var/lib/iscsi/initiatorname.iscsi', {
            replace: true,
            keep: 'parts',
          }),
        ]
      : [
          nodeFiles({shell: '/bin/ash', groups: ['wheel', 'adm'], services: ['dhcpcd']}),
          overlay(new URL('./alpine-base/files/', import.meta.url), {replace: true, keep: 'parts'}),
          file('/etc/doas.d/rancher.conf', {mode: '0400', text: 'permit nopass keepenv rancher\n'}),
        ],
  ],
})

/** The time servers of Alpine's own busybox-openrc and chrony. */
const timeServers = ['pool.ntp.org']

/** The init system, the login, device names, the SSH server, the interpreter of the node's program. */
const systemPackages = [
  'alpine-baselayout',
  'alpine-keys',
  'alpine-release',
  'busybox',
  'busybox-suid',
  'ca-certificates',
  'e2fsprogs',
  'eudev',
  'openrc',
  'openssh-server',
  'quickjs',
  'wpa_supplicant',
]

const smallPackages = ['dhcpcd', 'doas']

/** Programs that kubelet, storage and network plugins and the installer call, and tools for administering a node. */
const fullPackages = [
  // Debian's kernel has AppArmor, and containerd starts no container there without its parser.
  'apparmor',
  'bash',
  'blkid',
  'connman',
  'conntrack-tools',
  'curl',
  'dbus',
  // For links of `network` that connman does not configure.
  'dhcpcd',
  'dosfstools',
  'ethtool',
  'iproute2',
  'iptables',
  'kmod',
  'nfs-utils',
  'open-iscsi',
  'parted',
  'procps-ng',
  'sfdisk',
  'sudo',
  'tzdata',
  'util-linux',
]
