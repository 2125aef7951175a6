/** A port on which the node itself listens, with its purpose and source. */
export interface KubernetesPort {
  /** `6443`, or a range such as `2379-2380`. */
  readonly port: string
  readonly protocol: 'tcp' | 'udp'
  /** Who connects: users of the cluster, or its other nodes. */
  readonly from: 'anyone' | 'cluster'
  readonly purpose: string
  readonly source: string
}

const k3s = 'k3s-io/docs, docs/installation/requirements.md (inbound rules)'
const rke2 = 'rancher/rke2-docs, docs/install/requirements.md (inbound network rules)'
const calico = 'Calico, getting-started/kubernetes/requirements (network requirements)'
const cilium = 'Cilium, operations/system_requirements (firewall rules)'
const kubernetes = 'Kubernetes, reference/networking/ports-and-protocols'

/** Ports on which k3s, rke2 and their network plugins listen, other than those on the loopback interface. */
export const kubernetesPorts: readonly KubernetesPort[] = [
  {port: '6443', protocol: 'tcp', from: 'anyone', purpose: 'API server, supervisor of k3s', source: k3s},
  {port: '9345', protocol: 'tcp', from: 'cluster', purpose: 'supervisor of rke2', source: rke2},
  {port: '2379-2381', protocol: 'tcp', from: 'cluster', purpose: 'etcd and its metrics', source: rke2},
  {port: '10250', protocol: 'tcp', from: 'cluster', purpose: 'kubelet: logs, exec, metrics', source: k3s},
  {
    port: '10256',
    protocol: 'tcp',
    from: 'anyone',
    purpose: 'health of kube-proxy, for load balancers',
    source: kubernetes,
  },
  {
    port: '30000-32767',
    protocol: 'tcp',
    from: 'anyone',
    purpose: 'node ports and their health checks',
    source: kubernetes,
  },
  {port: '30000-32767', protocol: 'udp', from: 'anyone', purpose: 'node ports', source: kubernetes},
  {
    port: '5001',
    protocol: 'tcp',
    from: 'cluster',
    purpose: 'embedded registry mirror (Spegel)',
    source: k3s,
  },
  {port: '8472', protocol: 'udp', from: 'cluster', purpose: 'VXLAN of flannel, Canal and Cilium', source: k3s},
  {port: '51820-51821', protocol: 'udp', from: 'cluster', purpose: 'WireGuard of flannel and Calico', source: k3s},
  {port: '179', protocol: 'tcp', from: 'cluster', purpose: 'BGP of Calico', source: calico},
  {port: '4789', protocol: 'udp', from: 'cluster', purpose: 'VXLAN of Calico', source: calico},
  {port: '5473', protocol: 'tcp', from: 'cluster', purpose: 'Typha of Calico', source: calico},
  {port: '51871', protocol: 'udp', from: 'cluster', purpose: 'WireGuard of Cilium', source: cilium},
  {port: '4240', protocol: 'tcp', from: 'cluster', purpose: 'health checks of Cilium', source: cilium},
  {port: '4244', protocol: 'tcp', from: 'cluster', purpose: 'Hubble of Cilium', source: cilium},
]
