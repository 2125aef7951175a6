import * as z from 'zod'
import {defineRecipe, directory, file, kernelArgument, overlay, type PartList, packages, service, sysctl} from '#dsl'
import {firewallRules} from './hardened/firewall-rules.ts'

const cidr = z.union([z.cidrv4(), z.cidrv6()], {error: 'must be a network such as "10.0.0.0/8" or "fd00::/8"'})

const openPort = z.string().regex(/^\d{1,5}(?:-\d{1,5})?\/(?:tcp|udp)$/, 'must be a port such as "443/tcp"')

/**
 * Hardens a node beyond `base()` or `alpineBase()`. Every switch is on unless it is `false`.
 *
 * `docs/hardening.md` compares it with CIS' benchmarks and lists the costs of each switch.
 */
export const hardened = defineRecipe({
  name: 'hardened',
  options: z.strictObject({
    /** Distribution of the base. Default: `debian`. */
    distribution: z.enum(['debian', 'alpine']).default('debian'),
    /** SSH accepts keys only, even if config.yaml sets a password; the console of a live system requires the password. */
    keysOnly: z.boolean().default(true),
    /** sudo and doas require the user's password, which config.yaml sets. */
    rootPassword: z.boolean().default(true),
    /**
     * nftables drops incoming packets except those for ssh, Kubernetes and `open`. Ports that only nodes of the cluster use
     * are open to all, or to the networks in `cluster`. Default: `true`, which is `{}`.
     */
    firewall: z
      .union([
        z.boolean(),
        z.strictObject({
          /** Additional ports. Default: none. */
          open: z.array(openPort).default([]),
          /** Networks of the cluster's nodes. Default: all. */
          cluster: z.array(cidr).min(1).optional(),
        }),
      ])
      .default(true),
    /** auditd records changes to accounts, clock, kernel, and the settings and keys of Kubernetes. */
    audit: z.boolean().default(true),
    /** Root cannot modify the running kernel (kernel_lockdown(7), integrity). */
    lockdown: z.boolean().default(true),
    /** The kernel loads only modules signed by its distribution. Set to `false` for kernels without signed modules. */
    signedModules: z.boolean().default(true),
  }),
  parts: ({distribution, keysOnly, rootPassword, firewall, audit, lockdown, signedModules}): readonly PartList[] => [
    keysOnly ? keysOnlyParts : [],
    rootPassword ? rootPasswordParts(distribution) : [],
    firewall === false ? [] : firewallParts(firewall === true ? {open: []} : firewall),
    audit ? auditParts(distribution) : [],
    lockdown ? [kernelArgument('lockdown=integrity'), sysctl(lockedKernel)] : [],
    signedModules ? kernelArgument('module.sig_enforce=1') : [],
  ],
})

const filesOf = (name: string) => overlay(new URL(`./hardened/files/${name}/`, import.meta.url), {keep: 'parts'})

const keysOnlyParts: PartList = [
  filesOf('keys-only'),
  // Read by stage 0.
  file('/etc/password-required', {text: ''}),
]

/** In sudoers(5) and doas.conf(5), the last matching rule counts. */
const rootPasswordParts = (distribution: 'debian' | 'alpine'): PartList => [
  file('/etc/sudoers.d/zz-hardened', {
    mode: '0440',
    text: ['Defaults use_pty', 'Defaults logfile=/var/log/sudo.log', 'rancher ALL=(ALL:ALL) PASSWD: ALL', ''].join(
      '\n',
    ),
  }),
  distribution === 'alpine'
    ? file('/etc/doas.d/zz-hardened.conf', {mode: '0400', text: 'permit persist keepenv rancher\n'})
    : [],
]

const firewallParts = (options: Parameters<typeof firewallRules>[0]): PartList => [
  packages('nftables'),
  filesOf('firewall'),
  file('/etc/firewall.nft', {text: firewallRules(options)}),
  directory('/etc/firewall.d'),
  service('firewall'),
]

/** The arguments make the kernel audit all processes, and keep records until auditd starts (kernel-parameters, audit=). */
const auditParts = (distribution: 'debian' | 'alpine'): PartList => [
  packages(distribution === 'debian' ? 'auditd' : 'audit'),
  overlay(new URL('./hardened/files/audit/', import.meta.url), {replace: true, keep: 'parts'}),
  service('auditd'),
  kernelArgument('audit=1', 'audit_backlog_limit=8192'),
]

/** Restricts kernel features that Kubernetes does not use. */
const lockedKernel = {
  'kernel.kexec_load_disabled': '1',
  'kernel.sysrq': '0',
  'kernel.unprivileged_bpf_disabled': '1',
  'net.core.bpf_jit_harden': '1',
  'dev.tty.ldisc_autoload': '0',
}
