import type {Arch} from '#dsl'

/**
 * Names of the packages of HAOS' base image: programs for its users, and those that Kubernetes, storage and network
 * plugins need.
 *
 * `procps-ng` and `openssh-client` have their current names.
 */
export const haosPackages = [
  ...['bash', 'bash-completion', 'blkid', 'ca-certificates', 'connman', 'conntrack-tools', 'coreutils', 'curl'],
  ...['dbus', 'dmidecode', 'dosfstools', 'e2fsprogs', 'e2fsprogs-extra', 'efibootmgr', 'eudev', 'findutils', 'gcompat'],
  ...['grub-bios', 'grub-efi', 'haveged', 'htop', 'hvtools', 'iproute2', 'iptables', 'irqbalance', 'iscsi-scst', 'jq'],
  ...['kbd-bkeymaps', 'lm-sensors', 'logrotate', 'lsscsi', 'lvm2', 'lvm2-extra', 'mdadm', 'mdadm-misc', 'mdadm-udev'],
  ...['multipath-tools', 'ncurses', 'ncurses-terminfo', 'nfs-utils', 'open-iscsi', 'open-vm-tools'],
  ...['open-vm-tools-deploypkg', 'open-vm-tools-guestinfo', 'open-vm-tools-static', 'open-vm-tools-vmbackup'],
  ...['openrc', 'openssh-client', 'openssh-server', 'parted', 'procps-ng', 'qemu-guest-agent', 'rng-tools', 'rsync'],
  ...['smartmontools', 'strace', 'sudo', 'tar', 'tzdata', 'util-linux', 'vim', 'virt-what', 'wireguard-tools'],
  ...['wpa_supplicant', 'xfsprogs', 'xz'],
] as const

/** The packages that Alpine has for an architecture. */
export const haosPackagesFor = (arch: Arch): readonly string[] =>
  haosPackages.filter((name) => !notFor[arch].some((start) => name.startsWith(start)))

/** Prefixes of packages that Alpine does not build for an architecture (`arch` of their APKBUILDs). */
const notFor: Readonly<Record<Arch, readonly string[]>> = {
  amd64: [],
  arm64: ['grub-bios'],
  arm: ['grub-bios', 'open-vm-tools', 'virt-what'],
}
