/** Software that needs options of the kernel, and the source of its needs. */
export const kernelUsers = {
  k3s: 'k3s-io/k3s, contrib/util/check-config.sh; containerd',
  rke2: 'rancher/rke2 runs the same containerd, kubelet and kube-proxy as k3s',
  flannel: "flannel-io/flannel, Documentation/backends.md: VXLAN, the default backend of k3s and of rke2's Canal",
  cilium: 'docs.cilium.io, "System Requirements"',
  calico: 'projectcalico/calico, calicoctl/commands/node/checksystem.go',
  longhorn: 'longhorn.io, "Quick Installation", "V2 Data Engine: Prerequisites"',
  wireguard: 'the Linux kernel, drivers/net/Kconfig; flannel wireguard-native, encryption of Cilium and Calico',
} as const

export type KernelUser = keyof typeof kernelUsers

/** The names of all users. */
export const kernelUserNames = ['k3s', 'rke2', 'flannel', 'cilium', 'calico', 'longhorn', 'wireguard'] as const

/** Options of the kernel that serve one purpose. Plain data: nodes read it as JSON. */
export interface KernelNeed {
  /** Module of each option, or several that did its work in different versions; empty if it cannot be a module. */
  readonly options: Readonly<Record<string, string | readonly string[]>>
  /** Another option that does the work of one of them, with its module. */
  readonly instead?: Readonly<Record<string, {readonly option: string; readonly module: string}>>
  /** Users that do not work without the options. */
  readonly required?: readonly KernelUser[]
  /** Users that lack a function without them. */
  readonly recommended?: readonly KernelUser[]
  /** What the options are for, as the end of a sentence that begins "without it". */
  readonly reason: string
  /** What helps in place of another kernel, as a clause in the imperative. */
  readonly fix?: string
}

/**
 * What software of a cluster needs of the kernel.
 *
 * Of k3s' own check, the table leaves out options that help nowhere on a node with cgroup v2 (NET_CLS_CGROUP,
 * CGROUP_NET_PRIO), RT_GROUP_SCHED, with which cgroup v2 cannot limit processors while a process runs in real time
 * (Documentation/admin-guide/cgroup-v2.rst), and the ciphers of Docker's encrypted networks.
 */
export const kernelNeeds: readonly KernelNeed[] = [
  {
    options: {NAMESPACES: '', NET_NS: '', PID_NS: '', IPC_NS: '', UTS_NS: ''},
    required: ['k3s', 'rke2'],
    reason: 'no container is separate from the node and from others',
  },
  {
    options: {CGROUPS: '', CGROUP_PIDS: '', CGROUP_SCHED: '', CPUSETS: '', MEMCG: ''},
    required: ['k3s', 'rke2'],
    reason: 'kubelet cannot limit pods, and does not start',
  },
  {
    options: {CGROUP_CPUACCT: '', CGROUP_DEVICE: '', CGROUP_FREEZER: ''},
    required: ['k3s'],
    recommended: ['rke2'],
    reason: "k3s' own check of the node fails, although only cgroup v1 uses it",
  },
  {
    options: {BPF_SYSCALL: '', CGROUP_BPF: ''},
    required: ['k3s', 'rke2', 'cilium'],
    reason: 'runc cannot restrict the devices of a container (cgroup v2), and Cilium cannot load its programs',
  },
  {
    options: {SECCOMP: '', KEYS: '', POSIX_MQUEUE: ''},
    required: ['k3s', 'rke2'],
    reason: 'runc cannot make a container as its specification says',
  },
  {
    options: {OVERLAY_FS: 'overlay'},
    required: ['k3s', 'rke2'],
    reason: 'containerd cannot stack the layers of container images',
    fix: "choose another snapshotter of containerd, such as 'native', at the cost of space",
  },
  {
    options: {VETH: 'veth', BRIDGE: 'bridge', BRIDGE_NETFILTER: 'br_netfilter'},
    required: ['k3s', 'rke2'],
    reason: 'pods get no network, or services do not reach pods of the same bridge',
  },
  {
    options: {
      NF_NAT: 'nf_nat',
      IP_NF_FILTER: 'iptable_filter',
      IP_NF_NAT: 'iptable_nat',
      IP_NF_TARGET_MASQUERADE: ['xt_MASQUERADE', 'ipt_MASQUERADE'],
      IP_NF_TARGET_REJECT: 'ipt_REJECT',
    },
    // The iptables of nftables do without the old tables, which newer kernels may leave out (IP_NF_IPTABLES_LEGACY).
    instead: {
      IP_NF_FILTER: {option: 'NFT_COMPAT', module: 'nft_compat'},
      IP_NF_NAT: {option: 'NFT_COMPAT', module: 'nft_compat'},
      IP_NF_TARGET_MASQUERADE: {option: 'NETFILTER_XT_TARGET_MASQUERADE', module: 'xt_MASQUERADE'},
    },
    required: ['k3s', 'rke2'],
    reason: 'kube-proxy cannot write the rules of services',
  },
  {
    options: {
      NETFILTER_XT_MATCH_ADDRTYPE: 'xt_addrtype',
      NETFILTER_XT_MATCH_COMMENT: 'xt_comment',
      NETFILTER_XT_MATCH_CONNTRACK: 'xt_conntrack',
      NETFILTER_XT_MATCH_MULTIPORT: 'xt_multiport',
      NETFILTER_XT_MATCH_STATISTIC: 'xt_statistic',
    },
    required: ['k3s', 'rke2'],
    reason: 'kube-proxy cannot write the rules of services',
  },
  {
    options: {NETFILTER_XT_MATCH_IPVS: 'xt_ipvs'},
    required: ['k3s'],
    recommended: ['rke2', 'calico'],
    reason: "k3s' own check fails, and network policies do not apply to services of IPVS",
  },
  {
    options: {IP_SET: 'ip_set', NETFILTER_XT_SET: 'xt_set', IP_SET_HASH_IP: 'ip_set_hash_ip'},
    required: ['calico', 'cilium'],
    recommended: ['k3s', 'rke2'],
    reason: 'network policies cannot name sets of addresses',
  },
  {
    options: {IP_SET_HASH_NET: 'ip_set_hash_net'},
    required: ['calico'],
    recommended: ['k3s', 'rke2'],
    reason: 'network policies cannot name networks',
  },
  {
    options: {
      IP_VS: 'ip_vs',
      IP_VS_NFCT: '',
      IP_VS_PROTO_TCP: '',
      IP_VS_PROTO_UDP: '',
      IP_VS_RR: 'ip_vs_rr',
    },
    recommended: ['k3s', 'rke2'],
    reason: 'kube-proxy has no mode ipvs',
    fix: 'leave kube-proxy in its mode iptables',
  },
  {
    options: {IP_NF_TARGET_REDIRECT: 'xt_REDIRECT'},
    instead: {IP_NF_TARGET_REDIRECT: {option: 'NETFILTER_XT_TARGET_REDIRECT', module: 'xt_REDIRECT'}},
    recommended: ['k3s', 'rke2'],
    reason: 'service meshes cannot redirect connections to their proxies',
  },
  {
    options: {USER_NS: ''},
    recommended: ['k3s', 'rke2'],
    reason: 'pods cannot have users of their own (hostUsers: false), and k3s cannot run without root',
  },
  {
    options: {CFS_BANDWIDTH: '', FAIR_GROUP_SCHED: ''},
    recommended: ['k3s', 'rke2'],
    reason: 'limits of processors do not apply to pods',
  },
  {
    options: {BLK_CGROUP: '', BLK_DEV_THROTTLING: '', CGROUP_HUGETLB: '', CGROUP_PERF: ''},
    recommended: ['k3s', 'rke2'],
    reason: 'disk use, huge pages and counters of pods are neither limited nor counted',
  },
  {
    options: {EXT4_FS: 'ext4', EXT4_FS_POSIX_ACL: '', EXT4_FS_SECURITY: ''},
    recommended: ['k3s', 'rke2'],
    reason: 'data on ext4 lack access lists and capabilities',
  },
  {
    options: {VXLAN: 'vxlan'},
    required: ['flannel', 'cilium'],
    recommended: ['calico'],
    reason: 'pods of different nodes do not reach each other',
    fix: "choose another way between nodes, such as flannel's backend host-gw",
  },
  {
    options: {WIREGUARD: 'wireguard'},
    required: ['wireguard'],
    reason: 'traffic between nodes cannot be encrypted with WireGuard',
  },
  {
    options: {
      BPF: '',
      BPF_JIT: '',
      NET_CLS_ACT: '',
      NET_CLS_BPF: 'cls_bpf',
      NET_SCH_INGRESS: 'sch_ingress',
      PERF_EVENTS: '',
      SCHEDSTATS: '',
    },
    required: ['cilium'],
    reason: 'Cilium cannot load or attach its programs',
  },
  {
    options: {CRYPTO_SHA1: ['sha1', 'sha1_generic'], CRYPTO_USER_API_HASH: 'algif_hash'},
    required: ['cilium'],
    reason: 'Cilium cannot compute the digests of its programs',
  },
  {
    options: {GENEVE: 'geneve', FIB_RULES: ''},
    required: ['cilium'],
    reason: 'Cilium has neither Geneve tunnels nor routes by policy',
  },
  {
    options: {
      NETFILTER_XT_MATCH_MARK: 'xt_mark',
      NETFILTER_XT_TARGET_CT: 'xt_CT',
      NETFILTER_XT_TARGET_MARK: 'xt_mark',
      NETFILTER_XT_TARGET_TPROXY: 'xt_TPROXY',
    },
    required: ['cilium'],
    reason: 'policies of layer 7 and of host names do not work',
  },
  {
    options: {NETFILTER_XT_MATCH_SOCKET: 'xt_socket', NET_SCH_FQ: 'sch_fq', NETKIT: ''},
    recommended: ['cilium'],
    reason: 'Cilium lacks fast forwarding to its proxy, the bandwidth manager, or netkit devices',
  },
  {
    options: {NF_CT_NETLINK: 'nf_conntrack_netlink', IP_NF_MATCH_RPFILTER: 'ipt_rpfilter'},
    required: ['calico'],
    reason: 'Felix cannot delete connections of removed endpoints, or drop spoofed packets',
  },
  {
    options: {IP6_NF_IPTABLES: 'ip6_tables', NETFILTER_XT_MATCH_BPF: 'xt_bpf', NETFILTER_XT_MATCH_U32: 'xt_u32'},
    recommended: ['calico'],
    reason: 'Calico lacks IPv6 or some of its rules',
  },
  {
    options: {NET_IPIP: 'ipip'},
    recommended: ['calico'],
    reason: 'Calico has no IP-in-IP tunnels',
    fix: 'choose VXLAN as encapsulation',
  },
  {
    options: {ISCSI_TCP: 'iscsi_tcp', BLK_DEV_SD: 'sd_mod'},
    required: ['longhorn'],
    reason: 'no volume can be attached',
  },
  {
    options: {EXT4_FS: 'ext4'},
    instead: {EXT4_FS: {option: 'XFS_FS', module: 'xfs'}},
    required: ['longhorn'],
    reason: 'replicas and volumes have no file system with extents',
  },
  {
    options: {NFS_FS: 'nfs', NFS_V4: 'nfsv4', NFS_V4_1: '', NFS_V4_2: ''},
    recommended: ['longhorn'],
    reason: 'volumes cannot be shared between nodes (ReadWriteMany), or backed up to NFS',
  },
  {
    options: {DM_CRYPT: 'dm_crypt'},
    recommended: ['longhorn'],
    reason: 'volumes cannot be encrypted',
  },
  {
    options: {NVME_TCP: 'nvme_tcp', UIO_PCI_GENERIC: 'uio_pci_generic', VFIO_PCI: 'vfio_pci'},
    recommended: ['longhorn'],
    reason: 'the V2 data engine does not work',
    fix: 'use the V1 data engine',
  },
]
