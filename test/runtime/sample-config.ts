/** A config.yaml with every key of the reference, and secrets that tests can search for everywhere. */
export const sampleConfig = `ssh_authorized_keys:
- ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC2TBZGjE+J8ag11dzkFT58J3XPONrDVmalCNrKxsfADfyy0 operator@example.org
- github:someone
users:
- default
- name: bob
  gecos: Bob B.
  groups: sudo, ops
  sudo: ALL=(ALL) NOPASSWD:ALL
  plain_text_passwd: password-of-bob
write_files:
- encoding: ""
  content: |-
    #!/bin/bash
    echo hello, local service start
  owner: root
  path: /etc/local.d/example.start
  permissions: '0755'
boot_manifests:
- url: "https://manifests.example.org/demo.yaml"
  sha256: "edeaaff3f1774ad2888673770c6d64097e391bc362d7d6fb34982ddf0efd18cb"
hostname: myhost
timezone: Europe/Berlin
ntp:
  servers:
  - ntp.example.org
swap:
  size: 1G
init_cmd:
- "echo hello, init command"
boot_cmd:
- "echo hello, boot command"
run_cmd:
- "echo hello, run command"
haos:
  data_sources:
  - aws
  - cdrom
  modules:
  - kvm
  - nvme
  sysctl:
    kernel.printk: "4 4 1 7"
    kernel.kptr_restrict: "1"
  dns_nameservers:
  - 8.8.8.8
  - 1.1.1.1
  ntp_servers:
  - 0.us.pool.ntp.org
  - 1.us.pool.ntp.org
  wifi:
  - name: home
    passphrase: phrase-at-home
  - name: nothome
    passphrase: phrase-elsewhere
  password: password-of-rancher
  server_url: https://someserver:6443
  token: token-of-cluster
  labels:
    region: us-west-1
    somekey: somevalue
  k3s_args:
  - server
  - "--disable-agent"
  zram:
    size: 50%
  registries:
    mirrors:
      docker.io:
        endpoint:
        - https://mirror.example.org
    configs:
      mirror.example.org:
        auth:
          username: me
          password: password-of-registry
  environment:
    http_proxy: http://myserver
    https_proxy: http://myserver
  taints:
  - key1=value1:NoSchedule
  - key1=value1:NoExecute
`

/** The secrets of the sample, which only root may see. */
export const sampleSecrets = [
  'phrase-at-home',
  'phrase-elsewhere',
  'password-of-rancher',
  'token-of-cluster',
  'password-of-bob',
  'password-of-registry',
]
