/** A config.yaml with a mistake in each key. Valid values next to mistakes show that the rest is applied. */
export const mistakes = (manifest: string): string => `
ssh_authorized_keys: [gh:me, ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGz0Cm6y3Vt9XkQ2r5yQm3eZbR8kPq1wL7nTfUoHdJ4s me]
write_files:
- {path: /run/refused, content: x, permissions: rwx}
- {path: /run/written, content: good}
- {path: /etc/hosts, append: true, content: 10.0.0.5 registry.local}
boot_manifests: [{url: "${manifest}", sha256: abc}]
hostname: [node, one]
init_cmd: [exit 3]
boot_cmd: [echo boot >/run/boot-command, {mkdir: /run/prepared}, cp /etc/hosts /run/prepared-hosts]
run_cmd: {a: b}
hostnam: node
ca_certs: [no certificate]
network: {version: 9, renderer: [a], ethernets: [a], bonds: [a], bridges: [a], vlans: [a], wifis: [a], config: {a: b}}
ntp: {enabled: maybe, ntp_client: sundial, pools: ["a b"], servers: ["a b"]}
swap: {filename: a, size: big, priority: high}
timezone: [UTC]
users: [{name: A b}]
haos:
  data_sources: [softlayer, cdrom]
  modules: [no-such-module, dummy]
  sysctls: {kernel.no_such: "1", kernel.kptr_restrict: "1"}
  ntp_servers: ["a b"]
  dns_nameservers: [dns.example, 9.9.9.9]
  wifi: [{passphrase: secret-of-wifi}, {name: net-of-wifi}]
  password: [secret-of-user]
  server_url: http://someserver
  token: {secret-of-cluster: x}
  labels: {"a b": c, zone: right}
  k3s_args: [--disable=traefik]
  environment: {A B: c}
  taints: [x]
  registries: {mirrors: [a], configs: [b]}
  zram: {size: big, priority: high, algorithm: a b}
  install: {require_node: maybe, device: sda, config_url: ftp, iso_url: ftp, node_key: ftp, tty: "a b", silent: maybe, force_efi: [a], no_format: x, power_off: x, debug: x, partition_table: mbr}
  upgrade: {trial: {boots: 10, minutes: soon, kubernetes: maybe}}
`

/** The path of each mistake, as the node must report it. */
export const mistaken: readonly string[] = [
  ...['ssh_authorized_keys[0]', 'write_files[0].permissions', 'boot_manifests[0].sha256', 'hostname', 'hostnam'],
  ...['write_files[2].append', 'init_cmd[0]', 'boot_cmd[1]', 'boot_cmd[2]', 'run_cmd'],
  ...['ca_certs[0]', 'ntp.enabled', 'ntp.ntp_client', 'ntp.pools[0]', 'ntp.servers[0]', 'timezone', 'users[0].name'],
  ...['swap.filename', 'swap.size', 'swap.priority'],
  ...['version', 'renderer', 'ethernets', 'bonds', 'bridges', 'vlans', 'wifis', 'config'].map(
    (key) => `network.${key}`,
  ),
  ...[
    ...['data_sources[0]', 'modules[0]', 'sysctls[kernel.no_such]', 'ntp_servers[0]', 'dns_nameservers[0]'],
    ...['wifi[0].name', 'password', 'server_url', 'token', 'labels[a b]', 'k3s_args', 'environment[A B]', 'taints[0]'],
    ...['registries.mirrors', 'registries.configs', 'zram.size', 'zram.priority', 'zram.algorithm'],
    ...[
      'require_node',
      'device',
      'config_url',
      'iso_url',
      'node_key',
      'tty',
      'silent',
      'force_efi',
      'no_format',
      'power_off',
      'debug',
      'partition_table',
    ].map((key) => `install.${key}`),
    ...['boots', 'minutes', 'kubernetes'].map((key) => `upgrade.trial.${key}`),
  ].map((path) => `haos.${path}`),
]
