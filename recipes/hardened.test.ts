import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {debian, defineImage, HaosError} from '#dsl'
import {loadOverlays} from '../image/overlay/load-overlays.ts'
import {systemParts} from '../image/system-parts.ts'
import {scratchDirectory} from '../test/scratch.ts'
import {base} from './base.ts'
import {firewallRules} from './hardened/firewall-rules.ts'
import {kubernetesPorts} from './hardened/kubernetes-ports.ts'
import {hardened} from './hardened.ts'

const off = {
  keysOnly: false,
  rootPassword: false,
  firewall: false,
  audit: false,
  lockdown: false,
  signedModules: false,
}

/** What an image has with these switches and not without: paths, packages, kernel arguments. */
async function added(options: Parameters<typeof hardened>[0]) {
  const seen = async (chosen: Parameters<typeof hardened>[0]) => {
    const image = defineImage({name: 'x', version: '1', base: debian(), parts: [hardened(chosen), base()]})
    const {spec} = await loadOverlays(image.resolve({set: {}}), scratchDirectory())
    return [
      ...systemParts(spec, []).nodes.map(({node}) => node.path),
      ...spec.parts.flatMap((part) => (part.kind === 'packages' ? part.names : [])),
      ...spec.parts.flatMap((part) => (part.kind === 'kernel-argument' ? part.arguments : [])),
    ]
  }
  const without = await seen(off)
  return (await seen(options)).filter((item) => !without.includes(item))
}

test.each([
  ['keysOnly', ['/etc/password-required', '/etc/ssh/sshd_config.d/10-keys-only.conf']],
  ['rootPassword', ['/etc/sudoers.d/zz-hardened']],
  ['firewall', ['/etc/firewall.nft', '/etc/init.d/firewall', '/etc/runlevels/default/firewall']],
  ['audit', ['/etc/audit/rules.d/50-node.rules', '/etc/runlevels/default/auditd', 'auditd', 'audit=1']],
  ['lockdown', ['/etc/sysctl.d/80-kernel.kexec_load_disabled.conf', 'lockdown=integrity']],
  ['signedModules', ['module.sig_enforce=1']],
])('the switch %s adds what it is for and nothing of another one', async (name, expected) => {
  const alone = await added({...off, [name]: true})
  const allBut = await added({[name]: false})

  expect(alone).toEqual(expect.arrayContaining(expected))
  expect(allBut.filter((item) => alone.includes(item))).toEqual([])
})

test('on Alpine its packages and its way to become root are used', async () => {
  const found = await added({distribution: 'alpine'})

  expect(found).toEqual(expect.arrayContaining(['audit', '/etc/doas.d/zz-hardened.conf', '/etc/sudoers.d/zz-hardened']))
  expect(found).not.toContain('auditd')
})

test('ports of the cluster are open to its networks only, in both families, and others to all', () => {
  const lines = (options: Parameters<typeof firewallRules>[0]) =>
    firewallRules(options)
      .split('\n')
      .map((line) => line.trim())
  const given = lines({open: ['443/tcp', '500/udp'], cluster: ['10.0.0.0/8', 'fd00::/8']})

  expect(given).toContain('ip saddr { 10.0.0.0/8 } jump cluster')
  expect(given).toContain('ip6 saddr { fd00::/8 } jump cluster')
  expect(given).not.toContain('jump cluster')
  expect(given).toContain('tcp dport { 22, 6443, 10256, 30000-32767, 443 } accept')
  expect(given).toContain('udp dport { 30000-32767, 500 } accept')
  expect(lines({open: []})).toContain('jump cluster')
})

test('each port of Kubernetes is in the documentation with its source', () => {
  const page = readFileSync(new URL('../docs/hardening.md', import.meta.url), 'utf8')
  const rows = kubernetesPorts.map(
    ({port, protocol, from, purpose, source}) => `| ${port}/${protocol} | ${from} | ${purpose} | ${source} |`,
  )

  expect(rows.filter((row) => !page.includes(`${row}\n`))).toEqual([])
})

test('a mistake in an option is reported where it is', () => {
  const image = () =>
    defineImage({
      name: 'x',
      version: '1',
      base: debian(),
      parts: [hardened({firewall: {open: ['443'], cluster: ['10.0.0.0']}})],
    }).resolve({set: {}})

  expect(image).toThrow(HaosError)
})
