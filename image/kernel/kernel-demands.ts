import * as z from 'zod'
import {type ImageSpec, type KernelUser, kernelUserNames} from '#dsl'

/** What an image asks of its kernel: whose needs are checked, and what the recipe excepts. */
export const KernelDemands = z.strictObject({
  users: z.array(z.enum(kernelUserNames)),
  /** Globs of modules that the image leaves out. */
  omit: z.array(z.string()),
  /** Options that the kernel may lack. */
  mayLack: z.array(z.string()),
})
export type KernelDemands = z.output<typeof KernelDemands>

/** What an image asks of its kernel. Pure. */
export function kernelDemands({kubernetes, kernel}: ImageSpec): KernelDemands {
  const users = new Set<KernelUser>([...(kubernetes === undefined ? [] : [kubernetes.kind]), ...kernel.workloads])
  for (const user of networkOf(kubernetes)) users.add(user)
  return {users: kernelUserNames.filter((name) => users.has(name)), omit: kernel.omit, mayLack: kernel.mayLack}
}

/** The network that the recipe chooses, or the distribution's own: flannel with VXLAN, with Calico's policies in rke2. */
function networkOf(kubernetes: ImageSpec['kubernetes']): readonly KernelUser[] {
  if (kubernetes === undefined) return []
  const {kind, config = {}} = kubernetes
  if (kind === 'k3s') return [config['flannel-backend'] ?? 'vxlan'].flatMap((name) => backends[String(name)] ?? [])
  return [config['cni'] ?? 'canal'].flat().flatMap((name) => plugins[String(name)] ?? [])
}

/** Values of k3s' `flannel-backend`; others need nothing more of the kernel. */
const backends: Readonly<Record<string, readonly KernelUser[]>> = {
  vxlan: ['flannel'],
  'wireguard-native': ['wireguard'],
}

/** Values of rke2's `cni`. */
const plugins: Readonly<Record<string, readonly KernelUser[]>> = {
  canal: ['flannel', 'calico'],
  flannel: ['flannel'],
  calico: ['calico'],
  cilium: ['cilium'],
}
