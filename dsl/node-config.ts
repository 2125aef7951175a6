import * as z from 'zod/mini'
import type {Identity} from './identity.ts'
import {caCertificates} from './node-config/ca-certificates.ts'
import {hostname} from './node-config/hostname.ts'
import {NetworkConfig} from './node-config/network/network.ts'
import {BootManifest, NodeFile} from './node-config/node-file.ts'
import {NodeSection} from './node-config/node-section.ts'
import {NtpConfig} from './node-config/ntp.ts'
import {sshKey} from './node-config/ssh-key.ts'
import {SwapConfig} from './node-config/swap.ts'
import {notEmpty, textThat} from './node-config/text.ts'
import {timezone} from './node-config/timezone.ts'
import {users} from './node-config/users.ts'

export {InstallConfig} from './node-config/install.ts'
export {isRefusedLabel} from './node-config/kubernetes-args.ts'
export {isLabel, isTaint} from './node-config/labels.ts'
export {NetworkConfig} from './node-config/network/network.ts'
export {BootManifest, fileEncodings, NodeFile} from './node-config/node-file.ts'
export {dataSourceNames, NodeSection, WifiNetwork} from './node-config/node-section.ts'
export {bootParameters, topLevelKeys} from './node-config/top-level-keys.ts'
export {NodeUser} from './node-config/users.ts'

const commands = (phase: string) =>
  z.optional(
    z
      .array(textThat(notEmpty))
      .check(z.meta({description: `Shell commands to run in the phase ${phase}, in the given order.`})),
  )

const topLevel = {
  ssh_authorized_keys: z.optional(
    z.array(sshKey).check(
      z.meta({
        description: 'Keys that may log in as the user `rancher`; "github:USER", "gitlab:USER" and URLs are fetched.',
      }),
    ),
  ),
  users,
  write_files: z.optional(z.array(NodeFile).check(z.meta({description: 'Files to write.'}))),
  boot_manifests: z.optional(
    z.array(BootManifest).check(z.meta({description: 'Kubernetes manifests to fetch at each boot.'})),
  ),
  hostname,
  network: z.optional(
    NetworkConfig.check(
      z.meta({description: 'Links of the node, as in cloud-init; connman and DHCP configure the other cards.'}),
    ),
  ),
  timezone,
  ntp: z.optional(NtpConfig.check(z.meta({description: 'How the clock is set, as in cloud-init.'}))),
  swap: z.optional(
    SwapConfig.check(
      z.meta({
        description:
          'Swap in a file. Kubernetes starts with it, but its pods use it only where the kubelet is configured to.',
      }),
    ),
  ),
  ca_certs: z.optional(
    z.array(caCertificates).check(
      z.meta({
        description:
          'Certificates of authorities to trust in addition to those of the image, as PEM; each text may hold several.',
      }),
    ),
  ),
  init_cmd: commands('initrd'),
  boot_cmd: commands('boot'),
  run_cmd: commands('runtime'),
}

/**
 * A node's configuration, with the product's own section under `node`, whatever its name in the file.
 *
 * Texts are as written in the file. The node leaves out what breaks a rule, and reports it.
 * `k3s_args` holds `rke2_args` on a node that runs rke2.
 */
export const NodeConfig = z.strictObject({...topLevel, node: NodeSection})
export type NodeConfig = z.output<typeof NodeConfig>

/** The config in a recipe: the keys of config.yaml, with the section under its own name if the type knows it. */
export type NodeConfigInput<Section extends string = string> = z.input<z.ZodMiniObject<typeof topLevel>> & {
  readonly [K in string extends Section ? 'haos' | 'rke2os' : Section]?: z.input<typeof NodeSection> & {
    readonly rke2_args?: readonly string[]
  }
}

/** The same schema with the names that a product uses: its section, and `rke2_args` for rke2. */
export function nodeConfigFor({section, kubernetes}: Pick<Identity, 'section' | 'kubernetes'>) {
  const {k3s_args, ...shape} = NodeSection._zod.def.shape
  const own = z.strictObject({...shape, [`${kubernetes}_args`]: k3s_args})
  return z.strictObject({
    ...topLevel,
    [section]: z.optional(
      own.check(z.meta({description: "The product's own settings: modules, network, Kubernetes."})),
    ),
  })
}
