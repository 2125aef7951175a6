import {expect, test} from 'vitest'
import {phaseNames, phases} from './phases.ts'

/** The table of the original's documentation, and `haos.install`, which it documents elsewhere. */
const documented = {
  ssh_authorized_keys: 'boot runtime',
  write_files: 'initrd boot runtime',
  boot_manifests: 'runtime',
  hostname: 'initrd boot runtime',
  run_cmd: 'runtime',
  boot_cmd: 'boot',
  init_cmd: 'initrd',
  '.data_sources': 'boot',
  '.modules': 'initrd boot runtime',
  '.sysctls': 'initrd boot runtime',
  '.ntp_servers': 'boot runtime',
  '.dns_nameservers': 'boot runtime',
  '.wifi': 'boot runtime',
  '.password': 'initrd boot runtime',
  '.server_url': 'boot runtime',
  '.token': 'boot runtime',
  '.labels': 'boot runtime',
  '.k3s_args': 'boot runtime',
  '.environment': 'initrd boot runtime',
  '.taints': 'boot runtime',
  '.install': 'runtime',
}

/** Keys that the original does not have. */
const own = Object.fromEntries(
  ['ca_certs', 'network', 'ntp', 'swap', 'timezone', 'users', '.registries', '.zram'].map((key) => [
    key,
    'boot runtime',
  ]),
)

test('each key is applied in exactly the documented phases', () => {
  const keys = new Set(phaseNames.flatMap((phase) => phases[phase].flatMap((applier) => applier.keys)))
  const scheduled = [...keys].map((key) => [
    key,
    phaseNames.filter((phase) => phases[phase].some((applier) => applier.keys.includes(key))).join(' '),
  ])
  expect(Object.fromEntries(scheduled)).toEqual({...documented, ...own})
})
