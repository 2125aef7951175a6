import * as z from 'zod/mini'
import type {Identity} from './identity.ts'
import {NetworkConfig} from './node-config/network/network.ts'
import {BootManifest, NodeFile} from './node-config/node-file.ts'
import {NodeSection} from './node-config/node-section.ts'
import {filledIn, notEmpty, textThat} from './node-config/text.ts'

export {InstallConfig} from './node-config/install.ts'
export {isRefusedLabel} from './node-config/kubernetes-args.ts'
export {isLabel, isTaint} from './node-config/labels.ts'
export {NetworkConfig} from './node-config/network/network.ts'
export {BootManifest, fileEncodings, NodeFile} from './node-config/node-file.ts'
export {dataSourceNames, NodeSection, WifiNetwork} from './node-config/node-section.ts'
export {bootParameters, topLevelKeys} from './node-config/top-level-keys.ts'

const commands = (phase: string) =>
  z.optional(
    z
      .array(textThat(notEmpty))
      .check(z.meta({description: `Shell commands to run in the phase ${phase}, in the given order.`})),
  )

/** What is fetched: the keys of a user of a forge, or those at a URL. */
const isFetched = (key: string): boolean => /^(?:(?:github|gitlab):[\w.-]+|https?:\/\/\S+)$/i.test(key)

const keyType = String.raw`^(?:.*\s)?(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[\w@.-]+\s+`

const sshKey = textThat(
  notEmpty,
  filledIn,
  [
    (key) => key === '' || key.startsWith('#') || isFetched(key) || new RegExp(`${keyType}\\S`).test(key),
    'is not an SSH public key, and not "github:USER", "gitlab:USER" or a URL',
    'Copy a whole line of a .pub file, or write "github:" and the name of the user.',
  ],
  [
    // Every key begins with AAAA, since a length of four bytes stands first in it (RFC 4253, section 6.6).
    (key) =>
      key === '' ||
      key.startsWith('#') ||
      isFetched(key) ||
      new RegExp(String.raw`${keyType}AAAA[A-Za-z0-9+/]*=*(?:\s|$)`).test(key),
    'looks like a placeholder or a damaged SSH public key: the word after its type is not base64 that begins with AAAA',
    'Copy a whole line of a .pub file.',
    'remark',
  ],
)

const topLevel = {
  ssh_authorized_keys: z.optional(
    z.array(sshKey).check(
      z.meta({
        description: 'Keys that may log in as the user `rancher`; "github:USER", "gitlab:USER" and URLs are fetched.',
      }),
    ),
  ),
  write_files: z.optional(z.array(NodeFile).check(z.meta({description: 'Files to write.'}))),
  boot_manifests: z.optional(
    z.array(BootManifest).check(z.meta({description: 'Kubernetes manifests to fetch at each boot.'})),
  ),
  hostname: z.optional(
    textThat(filledIn, [
      (name) =>
        name === '' ||
        (name.length <= 64 && /^(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*$/.test(name)),
      'must be a host name (RFC 1123)',
      'Use at most 64 letters, digits, "-" and ".", of which 63 between two dots.',
    ]).check(z.meta({description: 'Name of the node. DHCP does not change it.'})),
  ),
  network: z.optional(
    NetworkConfig.check(
      z.meta({description: 'Links of the node, as in cloud-init; connman and DHCP configure the other cards.'}),
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
