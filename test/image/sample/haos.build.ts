import {cluster, debian, defineImage, input, k3s, packages} from 'haos-build'
import {base, bootMenu, hardened, nodeKernel} from 'haos-build/recipes'

/** The image of the quick start with every key of the config set, and a stand-in for k3s that records how it was run. */
export default defineImage(
  {
    port: input.number(),
    k3s: input.text(),
    manifest: input.text(),
    app: input.text(),
    /** With all that makes a node harder to attack, and a program that looks for what could. */
    hardened: input.flag(false),
    /** With what its cluster needs to upgrade and configure it. */
    managed: input.flag(false),
  },
  ({port, k3s: sha256, manifest, app, hardened: isHardened, managed}) => {
    const host = `http://10.0.2.2:${port}`
    return {
      name: 'haos',
      version: '0.1.0',
      date: '2026-11-01',
      arch: ['amd64'],
      base: debian({suite: 'trixie'}),
      kernel: nodeKernel(),
      kubernetes: k3s({
        version: 'v1.34.3+k3s1',
        ship: 'embedded',
        mirror: `http://127.0.0.1:${port}/k3s`,
        sha256: {amd64: sha256},
        airgap: true,
        images: [{url: `http://127.0.0.1:${port}/app.tar`, sha256: app}],
        registries: {
          mirrors: {'docker.io': {endpoint: ['https://mirror.example.com']}},
          configs: {'mirror.example.com': {auth: {username: 'me', password: 'geheim'}}},
        },
      }),
      ...(managed && {
        cluster: cluster({
          image: 'registry.example.com/haos',
          channel: 'https://releases.example.com/stable',
          controller: {
            image: `rancher/system-upgrade-controller:v0.20.1@sha256:${'a'.repeat(64)}`,
            kubectl: `rancher/kubectl:v1.30.3@sha256:${'a'.repeat(64)}`,
          },
        }),
      }),
      // Random addresses are slow under emulation.
      boot: bootMenu({timeoutSeconds: 1, cmdline: ['norandmaps', 'no_timer_check']}),
      parts: [
        base(),
        isHardened ? [hardened({firewall: {open: ['8080/tcp'], cluster: ['10.9.0.0/16']}}), packages('lynis')] : [],
      ],
      config: {
        ssh_authorized_keys: [
          'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGz0Cm6y3Vt9XkQ2r5yQm3eZbR8kPq1wL7nTfUoHdJ4s me',
          `${host}/keys`,
        ],
        write_files: [
          {
            path: '/etc/local.d/example.start',
            content: '#!/bin/sh\necho local >>/run/order\n',
            permissions: '0755',
            owner: 'root',
          },
          {path: '/etc/encoded', content: 'ZW5jb2RlZAo=', encoding: 'b64', permissions: '0600', owner: 'rancher:adm'},
        ],
        boot_manifests: [{url: `${host}/manifest.yaml`, sha256: manifest}],
        hostname: 'myhost',
        timezone: 'Europe/Berlin',
        users: [
          {
            name: 'ops',
            groups: ['adm', 'operators'],
            sudo: ['ALL=(ALL) NOPASSWD:ALL'],
            plain_text_passwd: 'geheim-ops',
            ssh_authorized_keys: [
              'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGz0Cm6y3Vt9XkQ2r5yQm3eZbR8kPq1wL7nTfUoHdJ4s ops',
            ],
          },
          {name: 'agent', system: true},
        ],
        init_cmd: ['echo init >>/run/order'],
        boot_cmd: ['echo boot >>/run/order'],
        // OpenRC could start an existing service before its arguments are known.
        run_cmd: [
          'echo run >>/run/order',
          'ls /etc/init.d/k3s /etc/runlevels/default/k3s >/run/too-early 2>/dev/null; true',
        ],
        haos: {
          data_sources: ['aws', 'cdrom'],
          modules: ['nvme', 'dummy numdummies=3'],
          zram: {size: '25%'},
          registries: {mirrors: {'docker.io': {endpoint: ['https://mirror-of-config.example.com']}}},
          sysctls: {'kernel.printk': '4 4 1 7', 'kernel.kptr_restrict': '1'},
          dns_nameservers: ['8.8.8.8', '1.1.1.1'],
          ntp_servers: ['0.us.pool.ntp.org', '1.us.pool.ntp.org'],
          wifi: [
            {name: 'home', passphrase: 'mypassword'},
            {name: 'nothome', passphrase: 'somethingelse'},
          ],
          password: 'geheim',
          server_url: 'https://someserver:6443',
          token: 'TOKEN_VALUE',
          labels: {region: 'us-west-1', somekey: 'somevalue'},
          k3s_args: ['server', '--disable-agent'],
          environment: {NO_PROXY: 'someserver', EDGE: 'a "quoted" value'},
          taints: ['key1=value1:NoSchedule', 'key1=value1:NoExecute'],
        },
      },
    }
  },
)
