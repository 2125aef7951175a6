import type {ApplierCase} from './applier-case.ts'

const labels = ['--node-label', 'haos.io/mode=disk', '--node-label', 'haos.io/version=1.0']
const program = {'/sbin/k3s': {content: '', mode: 0o755}}

/** The service that runs the cluster. */
export const kubernetesCases: readonly ApplierCase[] = [
  {
    name: 'a node without Kubernetes keys is a server, and before the network is up it has no service that could start',
    phase: 'boot',
    config: '',
    files: program,
    expected: {
      service: {name: 'k3s', argv: ['k3s', 'server', ...labels], env: {}},
      files: {'/etc/init.d/k3s': null, '/etc/runlevels/default/k3s': null, '/etc/rancher/k3s/k3s.env': null},
      commands: [],
    },
  },
  {
    name: 'once the network is up, Kubernetes is set up and started',
    phase: 'runtime',
    config: '',
    files: program,
    expected: {
      files: {
        '/etc/init.d/k3s': {mode: 0o755},
        '/etc/rancher/k3s/k3s.env': {content: '', mode: 0o600},
      },
      commands: ['rc-service --nodeps k3s start'],
    },
  },
  {
    name: 'a server places the manifests of the image where Kubernetes applies them, beside those of others',
    phase: 'runtime',
    config: '',
    files: {
      ...program,
      '/usr/share/rancher/k3s/server/manifests/a.yaml': 'a',
      '/usr/share/rancher/k3s/server/manifests/plans/b.yaml': 'b',
      '/var/lib/rancher/k3s/server/manifests/a.yaml': 'old',
      '/var/lib/rancher/k3s/server/manifests/mine.yaml': 'mine',
    },
    expected: {
      files: {
        '/var/lib/rancher/k3s/server/manifests/a.yaml': {content: 'a', mode: 0o600},
        '/var/lib/rancher/k3s/server/manifests/plans/b.yaml': {content: 'b', mode: 0o600},
        '/var/lib/rancher/k3s/server/manifests/mine.yaml': {content: 'mine'},
      },
      commands: ['rc-service --nodeps k3s start'],
    },
  },
  {
    name: 'an agent has no manifests of the cluster',
    phase: 'runtime',
    config: 'haos: {k3s_args: [agent]}',
    files: {...program, '/usr/share/rancher/k3s/server/manifests/a.yaml': 'a'},
    expected: {
      files: {'/var/lib/rancher/k3s/server/manifests/a.yaml': null},
      commands: ['rc-service --nodeps k3s start'],
    },
  },
  {
    name: 'a node whose data source has not answered yet has no cluster, whatever its role would be without it',
    phase: 'runtime',
    config: '{}',
    files: {...program, '/run/config/unanswered': ''},
    expected: {
      files: {'/etc/init.d/k3s': null, '/etc/runlevels/default/k3s': null},
      commands: [],
      problems: ['haos.data_sources'],
    },
  },
  {
    name: 'a first argument that is a flag, or has several words, is handled as by the install script',
    phase: 'runtime',
    config: 'haos: {k3s_args: ["--disable traefik", --debug], server_url: "https://s:6443"}',
    files: program,
    expected: {
      service: {
        name: 'k3s',
        argv: ['k3s', 'agent', '--disable', 'traefik', '--debug', ...labels],
        env: {K3S_URL: 'https://s:6443'},
      },
      problems: ['haos.k3s_args', 'haos.k3s_args[0]'],
    },
  },
  {
    name: 'a secret among the arguments moves to the environment, and takes precedence over the key, as a flag does in k3s',
    phase: 'runtime',
    config: 'haos: {token: one, k3s_args: [server, --token, two, --agent-token=three, --debug]}',
    files: program,
    expected: {
      service: {
        name: 'k3s',
        argv: ['k3s', 'server', '--debug', ...labels],
        env: {K3S_TOKEN: 'two', K3S_AGENT_TOKEN: 'three'},
      },
      files: {'/etc/rancher/k3s/k3s.env': {content: 'K3S_TOKEN=two\nK3S_AGENT_TOKEN=three\n', mode: 0o600}},
    },
  },
  {
    name: 'labels of Kubernetes itself are reported and left out, except those that a node may set itself',
    phase: 'boot',
    config: `haos:
  labels: {node-role.kubernetes.io/worker: "", foo.k8s.io/x: y, topology.kubernetes.io/zone: a, node.kubernetes.io/x: b}
  k3s_args: [server, --node-label, kubernetes.io/role=x, --node-label=rack=1]`,
    files: program,
    expected: {
      service: {
        name: 'k3s',
        argv: [
          ...['k3s', 'server', '--node-label=rack=1', ...labels, '--node-label', 'node.kubernetes.io/x=b'],
          ...['--node-label', 'topology.kubernetes.io/zone=a'],
        ],
        env: {},
      },
      problems: ['haos.labels[node-role.kubernetes.io/worker]', 'haos.labels[foo.k8s.io/x]', 'haos.k3s_args[2]'],
    },
  },
  {
    name: 'a command in an argument is reported, since no shell runs it, and Kubernetes stays unchanged',
    phase: 'runtime',
    config: 'haos: {k3s_args: [server, "--node-ip=$(hostname -i)", "--node-name=`hostname`"]}',
    files: program,
    expected: {
      files: {'/etc/init.d/k3s': null, '/etc/runlevels/default/k3s': null},
      commands: [],
      problems: ['haos.k3s_args[1]', 'haos.k3s_args[2]', 'haos.k3s_args[1]'],
    },
  },
  {
    name: 'a node whose server URL cannot be read does not start its own cluster',
    phase: 'runtime',
    config: 'haos: {server_url: "http://s:6443", token: t}',
    files: program,
    expected: {
      files: {'/etc/init.d/k3s': null, '/etc/runlevels/default/k3s': null},
      commands: [],
      problems: ['haos.server_url', 'haos.server_url'],
    },
  },
  {
    name: 'nor does one whose role may be in a source that cannot be read',
    phase: 'runtime',
    config: 'hostname: old',
    files: {...program, '/run/config/userdata': '#cloud-config\nhaos: [\n'},
    expected: {files: {'/etc/init.d/k3s': null}, problems: ['', '']},
  },
  {
    name: 'one whose role is known keeps it, even if another source cannot be read or other keys have mistakes',
    phase: 'runtime',
    config: 'haos: {k3s_args: [server], labels: {a b: c}}',
    files: {...program, '/run/config/userdata': '#cloud-config\nhaos: [\n'},
    expected: {files: {'/etc/init.d/k3s': {mode: 0o755}}, problems: ['haos.labels[a b]', '']},
  },
  {
    name: 'a node with a server URL is an agent, and its token is in a file that only root can read',
    phase: 'runtime',
    config: 'haos: {server_url: "https://s:6443", token: "it\'s K1", environment: {http_proxy: "http://p"}}',
    files: program,
    expected: {
      service: {
        name: 'k3s',
        argv: ['k3s', 'agent', ...labels],
        env: {http_proxy: 'http://p', K3S_URL: 'https://s:6443', K3S_TOKEN: "it's K1"},
      },
      files: {
        '/etc/rancher/k3s/k3s.env': {
          content: "http_proxy=http://p\nK3S_URL=https://s:6443\nK3S_TOKEN='it'\\''s K1'\n",
          mode: 0o600,
        },
      },
      commands: ['rc-service --nodeps k3s start'],
    },
  },
  {
    name: 'a changed service is restarted if it runs, and an unchanged one is not',
    phase: 'runtime',
    config: 'haos: {k3s_args: [server, --disable=traefik]}',
    files: {...program, '/etc/init.d/k3s': 'other'},
    links: {'/etc/runlevels/default/k3s': '/etc/init.d/k3s'},
    expected: {commands: ['rc-service --nodeps --ifstarted k3s restart']},
  },
  {
    name: 'labels are sorted, ours take precedence and appear once, each taint is a separate argument, and what the kubelet refuses is left out',
    phase: 'boot',
    config:
      'haos: {labels: {zz: 1, A: up, haos.io/mode: mine, "a b": x, c: "d e"}, taints: ["b=v:NoExecute", x, "a=v:NoSchedule"], k3s_args: [agent]}',
    files: program,
    expected: {
      service: {
        name: 'k3s',
        argv: [
          ...['k3s', 'agent', '--node-label', 'A=up', ...labels, '--node-label', 'zz=1'],
          ...['--node-taint', 'b=v:NoExecute', '--node-taint', 'a=v:NoSchedule'],
        ],
        env: {},
      },
      problems: ['haos.labels[a b]', 'haos.labels.c', 'haos.taints[1]'],
    },
  },
  {
    name: 'an image without k3s has no service, and reports that if the config requests one',
    phase: 'runtime',
    config: 'haos: {token: secret-token}',
    expected: {files: {'/etc/init.d/k3s': null}, commands: [], problems: ['haos.k3s_args']},
  },
  {
    name: 'a k3s that the user has installed starts after all disks are mounted',
    phase: 'runtime',
    config: '',
    files: {'/usr/local/bin/k3s': {content: '', mode: 0o755}},
    expected: {
      service: {name: 'k3s', argv: ['k3s', 'server', ...labels], env: {}},
      commands: ['rc-service --nodeps k3s start'],
    },
  },
  {
    name: 'a machine that was booted for an installation runs the installer and no cluster',
    phase: 'runtime',
    config: '',
    files: {...program, '/run/haos/mode': 'install\n'},
    expected: {commands: ['haos install'], files: {'/etc/init.d/k3s': null}},
    settles: false,
  },
]
