/** A requirement of Kubernetes for its host, and a shell command that succeeds if a node meets it. */
export interface HostNeed {
  readonly need: string
  /** The component that needs it, and the source of the fact. */
  readonly source: string
  readonly check: string
}

const modules = (...names: readonly string[]) => `for m in ${names.join(' ')}; do sudo modprobe -nq $m || exit 1; done`
const programs = (...names: readonly string[]) =>
  `sudo sh -c 'for p in ${names.join(' ')}; do command -v $p || exit 1; done'`
const sysctl = (name: string, value: string) => `test "$(sudo sysctl -n ${name})" = ${value}`

/** The kernel's own random address has type 1, one that was set later 3 (include/uapi/linux/netdevice.h). */
const keepsMac =
  'sudo sh -c \'for t in "vxlan id 9 dstport 0" bridge veth dummy; do ip link add mac0 type $t || exit 1; udevadm settle; a=$(cat /sys/class/net/mac0/addr_assign_type); ip link del mac0; test $a = 1 || exit 1; done\''

const checkConfig = 'k3s, contrib/util/check-config.sh'
const kubeletDefaults = 'kubelet --protect-kernel-defaults (pkg/kubelet/cm, container_manager_linux.go)'
const units = "k3s' and rke2's own units (k3s.service, rke2-server.service)"

/** The table of docs/reference/kubernetes-host.md; test/boot/config.boot.test.ts checks each line on a booted node. */
export const hostNeeds: readonly HostNeed[] = [
  {
    need: '1048576 open files, and no limit on processes and core files',
    source: `containerd and its containers: LimitNOFILE, LimitNPROC, LimitCORE of ${units}`,
    check:
      'l=/proc/$(cat /run/k3s.pid)/limits; sudo grep -q "open files *1048576 *1048576" $l && sudo grep -q "processes *unlimited *unlimited" $l && sudo grep -q "core file size *unlimited" $l',
  },
  {need: '`vm.overcommit_memory = 1`', source: kubeletDefaults, check: sysctl('vm.overcommit_memory', '1')},
  {need: '`vm.panic_on_oom = 0`', source: kubeletDefaults, check: sysctl('vm.panic_on_oom', '0')},
  {
    need: '`kernel.panic = 10`: a node reboots after a kernel crash',
    source: kubeletDefaults,
    check: sysctl('kernel.panic', '10'),
  },
  {need: '`kernel.panic_on_oops = 1`', source: kubeletDefaults, check: sysctl('kernel.panic_on_oops', '1')},
  {
    need: '`kernel.keys.root_maxkeys = 1000000`, `root_maxbytes = 25000000`: each container has a key',
    source: `${kubeletDefaults}; ${checkConfig}`,
    check: `${sysctl('kernel.keys.root_maxkeys', '1000000')} && ${sysctl('kernel.keys.root_maxbytes', '25000000')}`,
  },
  {
    need: '`fs.inotify.max_user_instances = 8192`, `max_user_watches = 524288`',
    source: 'kubelet and the agents of logs and metrics in pods: "too many open files" (rke2, docs/known_issues.md)',
    check: `${sysctl('fs.inotify.max_user_instances', '8192')} && ${sysctl('fs.inotify.max_user_watches', '524288')}`,
  },
  {
    need: '`kernel.pid_max = 4194304`',
    source: 'pods share the numbers of processes and threads; the value that systemd sets (sysctl.d/50-pid-max.conf)',
    check: sysctl('kernel.pid_max', '4194304'),
  },
  {
    need: '`net.ipv4.ip_forward = 1`',
    source: 'every network plugin (CNI plugin bridge; Kubernetes, "Container Runtimes")',
    check: sysctl('net.ipv4.ip_forward', '1'),
  },
  {
    need: '`br_netfilter` is loaded and `net.bridge.bridge-nf-call-iptables = 1`, so that services reach pods of the same bridge',
    source: `kube-proxy, flannel; ExecStartPre=modprobe br_netfilter of ${units}`,
    check: sysctl('net.bridge.bridge-nf-call-iptables', '1'),
  },
  {
    need: '`net.ipv4.conf.all.rp_filter` is not 2',
    source: "Calico's Felix does not start with loose reverse path filtering (FELIX_IGNORELOOSERPF)",
    check: 'test "$(sysctl -n net.ipv4.conf.all.rp_filter)" != 2',
  },
  {
    need: "the node's own network interfaces accept addresses and routes from IPv6 routers although the node forwards packets (`accept_ra = 2`); others accept none",
    source: 'kube-proxy and flannel set forwarding, with which the kernel ignores routers (ip-sysctl, accept_ra)',
    check:
      'for c in $(/usr/libexec/real-cards); do test "$(sysctl -n net.ipv6.conf.$c.accept_ra)" = 2 || exit 1; done; test "$(sysctl -n net.ipv6.conf.default.accept_ra)" = 0',
  },
  {
    need: 'cgroup v2, with the controllers cpu, cpuset, memory, pids and io enabled below the root',
    source: `kubelet, runc; ${checkConfig}`,
    check:
      'for c in cpu cpuset memory pids io; do grep -qw $c /sys/fs/cgroup/cgroup.subtree_control || exit 1; done; ! grep -q " cgroup " /proc/mounts',
  },
  {
    need: 'no swap, unless `swap` or `haos.zram` in config.yaml asks for it: k3s and rke2 start with it, and pods use none by default',
    source: `kubelet --fail-swap-on, which k3s and rke2 set to false; ${checkConfig}`,
    check: 'test "$(grep -vc -e ^Filename -e ^/dev/zram0 /proc/swaps)" = 0',
  },
  {
    need: '`/` and all mounts below it are shared, so that volumes that are mounted later reach containers',
    source: 'Kubernetes, "Mount propagation"; Cilium, Longhorn and CSI drivers mount from their pods',
    check: '! findmnt -no PROPAGATION | grep -qv shared',
  },
  {
    need: '`/sys/fs/bpf` is a bpf file system',
    source: 'Cilium and Calico keep their maps there',
    check: 'findmnt -n -t bpf /sys/fs/bpf',
  },
  {
    need: '`/sys/kernel/debug` and `/sys/kernel/tracing` are mounted, and the kernel describes its types (BTF)',
    source: 'Tetragon, Falco, Inspektor Gadget, Pixie; systemd mounts both',
    check:
      'findmnt -n -t debugfs /sys/kernel/debug && findmnt -n -t tracefs /sys/kernel/tracing && test -r /sys/kernel/btf/vmlinux',
  },
  {
    need: 'where the kernel has AppArmor, the program that loads a profile',
    source:
      'containerd and runc load one for each container: "get apparmor_parser version: executable file not found" (docs.k3s.io, "Requirements")',
    check:
      'test "$(cat /sys/module/apparmor/parameters/enabled)" != Y || printf "profile checked {}\\n" | sudo apparmor_parser -Kr',
  },
  {
    need: "the kernel's configuration as `/boot/config-$(uname -r)`",
    source: `${checkConfig}; kubeadm preflight, Cilium's and Antrea's checks`,
    check: 'grep -q CONFIG_CGROUPS=y "/boot/config-$(uname -r)"',
  },
  {
    need: 'what pods are often given of the host is a file: `/etc/localtime`, `/etc/machine-id`, `/etc/os-release`, `/etc/hosts`, `/etc/resolv.conf`, the certificates',
    source: 'containerd makes a directory in place of a missing hostPath, and mounts no directory over a file',
    check:
      'for f in localtime machine-id os-release hosts resolv.conf ssl/certs/ca-certificates.crt; do test -f /etc/$f || exit 1; done',
  },
  {
    need: '`/dev/mqueue`, `/dev/shm`, `/dev/hugepages`, `/sys/kernel/security`',
    source: `containers get the same mounts; kubelet reads huge pages; ${checkConfig} (POSIX_MQUEUE)`,
    check:
      'findmnt -n -t mqueue /dev/mqueue && findmnt -n -t tmpfs /dev/shm && findmnt -n -t hugetlbfs /dev/hugepages && findmnt -n -t securityfs /sys/kernel/security',
  },
  {
    need: '`/var/lib/rancher`, `/var/lib/kubelet`, `/opt`, `/etc/cni`, `/usr/local` and `/usr/libexec/kubernetes` can be written, and programs in `/var/lib/rancher` can be run',
    source:
      'k3s unpacks its programs to its data directory; plugins install themselves to /opt/cni/bin and /etc/cni/net.d; the kubelet makes its directory of volume plugins (--volume-plugin-dir), Calico and Rook mount it',
    check:
      "sudo sh -ec 'for d in /var/lib/rancher /var/lib/kubelet /opt/cni/bin /etc/cni/net.d /usr/local/bin /usr/libexec/kubernetes/kubelet-plugins/volume/exec; do mkdir -p $d; touch $d/.x; rm $d/.x; done; cp /usr/bin/true /var/lib/rancher/x; /var/lib/rancher/x; rm /var/lib/rancher/x'",
  },
  {
    need: '`/etc/rancher` survives a boot: the password by which a cluster knows its node',
    source: 'k3s and rke2, /etc/rancher/node/password (k3s-io/docs, "k3s agent": node registration)',
    check: 'findmnt -n /etc/rancher',
  },
  {
    need: 'a unique machine-id of 32 hexadecimal digits',
    source: 'kubelet and cAdvisor (`nodeInfo.machineID`)',
    check: 'grep -qxE "[0-9a-f]{32}" /etc/machine-id',
  },
  {
    need: 'a host name that is valid by RFC 1123 and that the node can resolve',
    source: 'kubelet registers with it, and resolves it if no cloud provides the address',
    check: 'hostname | grep -qxE "[a-z0-9]([a-z0-9.-]*[a-z0-9])?" && getent hosts "$(hostname)"',
  },
  {
    need: 'no name server on a loopback address in `/etc/resolv.conf`',
    source: "pods get the node's resolv.conf (kubelet --resolv-conf); k3s uses 8.8.8.8 if it has no usable server",
    check: '! grep -qE "^nameserver +(127|::1)" /etc/resolv.conf',
  },
  {
    need: 'modules of containers and pods: overlay, veth, bridge, vxlan, macvlan, ipvlan, dummy, tun',
    source: `${checkConfig}; flannel, Calico, Multus`,
    check: modules('overlay', 'veth', 'bridge', 'vxlan', 'macvlan', 'ipvlan', 'dummy', 'tun'),
  },
  {
    need: 'modules of WireGuard, Geneve, IP in IP and IPsec tunnels',
    source: 'flannel wireguard-native, Calico, Cilium, Antrea',
    check: modules('wireguard', 'geneve', 'ipip', 'sit', 'esp4', 'xfrm_user'),
  },
  {
    need: 'modules that kube-proxy requires: conntrack, IPVS with its schedulers, ipset',
    source: `kube-proxy, k3s' network policies; ${checkConfig}`,
    check: modules(
      'nf_conntrack',
      'ip_vs',
      'ip_vs_rr',
      'ip_vs_wrr',
      'ip_vs_sh',
      'ip_set',
      'ip_set_hash_ip',
      'ip_set_hash_net',
    ),
  },
  {
    need: 'modules of iptables matches and targets',
    source: `kube-proxy, flannel, CNI plugin portmap; ${checkConfig}`,
    check: modules(
      ...[
        'ip_tables',
        'ip6_tables',
        'iptable_nat',
        'iptable_filter',
        'iptable_mangle',
        'iptable_raw',
        'nf_nat',
        'nft_compat',
      ],
      ...['xt_addrtype', 'xt_conntrack', 'xt_comment', 'xt_multiport', 'xt_statistic', 'xt_mark', 'xt_MASQUERADE'],
      ...[
        'xt_REDIRECT',
        'ipt_REJECT',
        'xt_nat',
        'xt_set',
        'xt_recent',
        'xt_physdev',
        'xt_limit',
        'xt_nfacct',
        'xt_TPROXY',
      ],
    ),
  },
  {
    need: 'modules of volumes: iSCSI, NFS 3 and 4, device mapper with crypt and thin volumes, ext4, xfs, btrfs',
    source: 'kubelet, Longhorn, OpenEBS, CSI drivers',
    check: modules('iscsi_tcp', 'nfs', 'nfsv3', 'nfsv4', 'dm_mod', 'dm_crypt', 'dm_thin_pool', 'ext4', 'xfs', 'btrfs'),
  },
  {
    need: '`iptables` and `ip6tables` work',
    source: 'kube-proxy, flannel, portmap; k3s check-config',
    check: "sudo sh -c 'iptables -t nat -nL >/dev/null && ip6tables -t nat -nL >/dev/null'",
  },
  {
    need: 'programs that kubelet calls: mount, umount, nsenter, losetup, lsblk, blkid, mkfs.ext4, fsck.ext4, resize2fs, modprobe, mount.nfs',
    source: 'k8s.io/mount-utils, pkg/volume/util',
    check: programs(
      'mount',
      'umount',
      'nsenter',
      'losetup',
      'lsblk',
      'blkid',
      'mkfs.ext4',
      'fsck.ext4',
      'resize2fs',
      'modprobe',
      'mount.nfs',
    ),
  },
  {
    need: 'programs that kube-proxy and network plugins call: iptables-save, iptables-restore, conntrack, ethtool, ip, sysctl',
    source: 'kube-proxy, kubeadm preflight, Cilium',
    check: programs('iptables-save', 'iptables-restore', 'ip6tables-restore', 'conntrack', 'ethtool', 'ip', 'sysctl'),
  },
  {
    need: 'programs that storage calls: iscsiadm, bash, curl, findmnt, grep, awk',
    source: 'Longhorn, scripts/environment_check.sh',
    check: programs('iscsiadm', 'bash', 'curl', 'findmnt', 'grep', 'awk'),
  },
  {
    need: 'device nodes of drivers that are loaded when they are opened: net/tun, vhost-net, mapper/control, fuse, loop-control, vfio/vfio, ppp, btrfs-control',
    source: 'KubeVirt, VPN pods, LVM and dm-crypt volumes; made elsewhere by kmod static-nodes',
    check:
      'for d in net/tun vhost-net mapper/control fuse loop-control vfio/vfio ppp btrfs-control; do test -c /dev/$d || exit 1; done; sudo ip tuntap add tap9 mode tap && sudo ip link del tap9',
  },
  {
    need: 'virtual interfaces (vxlan, bridge, veth, dummy) keep the MAC address with which they were made',
    source:
      'Flannel and others tell it to the other nodes; systemd.link(5), MACAddressPolicy=persistent of udev changes it',
    check: keepsMac,
  },
  {
    need: 'NFS version 3 with locks: rpcbind and rpc.statd start when a mount needs them, and no port is open before',
    source: 'nfs(5), mount.nfs calls start-statd; kubelet mounts NFS volumes on the host',
    check:
      '! pgrep rpcbind >/dev/null && sudo /usr/sbin/start-statd && sudo /usr/sbin/rpcinfo -p 127.0.0.1 | grep -q status',
  },
  {
    need: 'a clock that is set by a time server and never earlier than the date of the image',
    source: 'certificates of the cluster (x509: certificate has expired or is not yet valid)',
    check:
      'grep -q "^FallbackTimeservers=." /etc/connman/main.conf && test "$(date +%s)" -ge "$(date -r /usr/lib/os-release +%s)"',
  },
]
