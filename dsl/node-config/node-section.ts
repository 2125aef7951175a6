import * as z from 'zod/mini'
import {Registries} from '../registries.ts'
import {InstallConfig} from './install.ts'
import {kubernetesArgs} from './kubernetes-args.ts'
import {isTaint, labels} from './labels.ts'
import {ZramConfig} from './swap.ts'
import {filledIn, ipAddress, notEmpty, oneHost, oneLine, type TextRule, textThat, withoutVariables} from './text.ts'
import {UpgradeConfig} from './upgrade.ts'

/** Sources of configuration: clouds, and media in a drive. */
export const dataSourceNames = [
  ...([
    'auto',
    'akamai',
    'aws',
    'azure',
    'cdrom',
    'configdrive',
    'digitalocean',
    'exoscale',
    'gcp',
    'hetzner',
  ] as const),
  ...(['nocloud', 'openstack', 'oracle', 'packet', 'proxmox', 'scaleway', 'upcloud', 'vmware', 'vultr'] as const),
] as const

/** A wireless network and its passphrase. */
export const WifiNetwork = z.strictObject({
  name: textThat(notEmpty, oneLine, filledIn).check(z.meta({description: 'Name of the network (SSID).'})),
  passphrase: z.optional(
    textThat(oneLine, filledIn).check(z.meta({description: 'Its passphrase; none for an open network.'})),
  ),
})
export type WifiNetwork = z.output<typeof WifiNetwork>

const text = (description: string, ...rules: readonly TextRule[]) =>
  z.optional(textThat(filledIn, oneLine, ...rules).check(z.meta({description})))

const list = (description: string, ...rules: readonly TextRule[]) =>
  z.optional(z.array(textThat(notEmpty, ...rules)).check(z.meta({description})))

/** The product's own section: `haos:` in config.yaml of haos. */
export const NodeSection = z.strictObject({
  data_sources: list(
    'Clouds and media to search for configuration, in the given order; the first that has some ends the search. `auto` is the cloud that the firmware names, and media; `file=/path` is a file.',
    [
      (name) => name === '' || /^file=\/./.test(name) || dataSourceNames.some((known) => known === name),
      `must be one of ${dataSourceNames.join(', ')}, or file=/PATH`,
      'Write one item for each source.',
    ],
  ),
  modules: list('Kernel modules to load, each with its parameters after a space.', filledIn, [
    (module) => /^\s*(?:\w[\w-]*(?:\s+[^\s-]\S*)*\s*)?$/.test(module),
    'must be the name of a kernel module, with its parameters after a space',
    'Leave out the directory and ".ko".',
  ]),
  sysctls: z.optional(
    z
      .record(
        textThat([
          (key) => /^[\w-]+(?:[./][^\s./]+)+$/.test(key),
          'must be the name of a kernel parameter, such as kernel.printk',
          'Look it up with `sysctl -a`.',
        ]),
        textThat(notEmpty, filledIn, oneLine),
      )
      .check(z.meta({description: 'Kernel parameters to set, as in sysctl.conf(5).'})),
  ),
  zram: z.optional(ZramConfig.check(z.meta({description: 'Swap in compressed memory.'}))),
  ntp_servers: list('Time servers to use if the network names none.', filledIn, oneHost),
  dns_nameservers: list('Name servers to use if the network names none.', filledIn, ipAddress),
  wifi: z.optional(z.array(WifiNetwork).check(z.meta({description: 'Wireless networks to join.'}))),
  password: text(
    'Password of the user `rancher`, in clear or as a crypt(3) hash. SSH accepts it only while the user has no authorized key.',
  ),
  server_url: text('The server to join. Without it, the node starts its own cluster.', withoutVariables, [
    (url) => url === '' || /^https:\/\/[^\s/:]+|^https:\/\/\[[0-9a-f:.]+\]/i.test(url),
    'must be an https URL',
    'Write it as "https://HOST:PORT".',
  ]),
  token: text("The cluster's secret, or a node token (begins with K10)."),
  labels: labels('Labels that the node registers with. Later changes have no effect.'),
  k3s_args: kubernetesArgs('Arguments of the Kubernetes process; the first is `server` or `agent`.'),
  registries: z.optional(
    Registries.check(
      z.meta({description: 'Mirrors and credentials of container registries: registries.yaml of Kubernetes.'}),
    ),
  ),
  environment: z.optional(
    z
      .record(
        textThat([
          (name) => /^[A-Za-z_]\w*$/.test(name),
          'must be the name of a variable',
          'Use letters, digits and _, and do not begin with a digit.',
        ]),
        textThat(oneLine),
      )
      .check(z.meta({description: 'Environment variables of commands and services, such as http_proxy.'})),
  ),
  taints: list('Taints that the node registers with. Later changes have no effect.', filledIn, [
    isTaint,
    'must be KEY=VALUE:EFFECT',
    'The effect is NoSchedule, PreferNoSchedule or NoExecute.',
  ]),
  install: z.optional(InstallConfig.check(z.meta({description: 'How to install without questions.'}))),
  upgrade: z.optional(UpgradeConfig.check(z.meta({description: 'How this node is upgraded.'}))),
})
export type NodeSection = z.output<typeof NodeSection>
