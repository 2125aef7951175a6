import {type ApplyCase, parseApplyCase} from './apply-cases.ts'

const config = `hostname: own
ssh_authorized_keys: [https://keys.example/someone, "ssh-ed25519 AAAA given"]
write_files:
- {path: /etc/own/file, content: "text\\n", owner: rancher:rancher, permissions: "0640"}
- {path: /etc/own/packed, encoding: b64, content: AAEC}
boot_manifests: [{url: "https://manifests.example/x.yaml"}]
init_cmd: ["echo init"]
boot_cmd: ["echo boot", "false"]
run_cmd: ["echo run"]
haos:
  environment: {PROXY: "http://proxy.example:3128"}
  modules: [overlay, "nbd nbds_max=2"]
  sysctls: {net.ipv4.ip_forward: "1"}
  ntp_servers: [ntp.example]
  dns_nameservers: [192.0.2.1]
  password: geheim
  labels: {zone: a}
  taints: ["key=value:NoSchedule"]
  k3s_args: [server, --disable=traefik]
  server_url: https://server.example:6443
  token: TOKEN_VALUE
`

const files = {
  '/etc/hosts': '127.0.0.1\tlocalhost\n127.0.1.1\tbefore\n',
  '/etc/hostname': 'before\n',
  '/etc/environment': 'KEPT=yes\n',
  '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nrancher:x:1000:1000::/home/rancher:/bin/sh\n',
  '/etc/group': 'root:x:0:\nrancher:x:1000:\n',
  '/etc/shadow': {content: 'root:*:19000:0:99999:7:::\nrancher:*:19000:0:99999:7:::\n', mode: '0640'},
  '/proc/modules': '',
  '/proc/sys/net/ipv4/ip_forward': '0\n',
  '/run/haos/mode': 'local\n',
  '/sbin/k3s': {content: '', mode: '0755'},
  '/haos/system/config.yaml': {content: config, mode: '0600'},
}

const inputs = {
  cmdline: 'quiet haos.labels.rack=b',
  hostname: 'before',
  version: '1.0.0',
  files,
  dirs: {
    '/etc/connman': {},
    '/etc/conf.d': {},
    '/home/rancher': {mode: '0750', uid: 1000, gid: 1000},
    '/var/lib/rancher/k3s/server/manifests': {},
  },
  http: {
    'https://keys.example/someone': {status: 200, body: 'ssh-ed25519 BBBB fetched\n'},
    'https://manifests.example/x.yaml': {status: 200, body: 'kind: A\n'},
  },
}

/** Nodes with nearly every key, for a check without a recording: a phase has the same effect wherever it is applied. */
export const ownCases: readonly ApplyCase[] = (['initrd', 'boot', 'runtime'] as const).map((phase) =>
  parseApplyCase({name: `own-${phase}`, phase, inputs, hostname_after: 'own', k3s_install: null}),
)
