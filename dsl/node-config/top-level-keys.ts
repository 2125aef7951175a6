/** Keys at the top of config.yaml; all others belong to the product's own section. */
export const topLevelKeys = [
  'ssh_authorized_keys',
  'users',
  'write_files',
  'boot_manifests',
  'hostname',
  'network',
  'timezone',
  'ntp',
  'swap',
  'ca_certs',
  'init_cmd',
  'boot_cmd',
  'run_cmd',
] as const

/** Words after the prefix that are only valid on a kernel command line: they are read before any config.yaml. */
export const bootParameters = ['mode', 'fallback_mode', 'debug', 'system', 'medium', 'trial', 'fellback'] as const
