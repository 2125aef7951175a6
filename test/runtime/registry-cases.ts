import type {ApplierCase} from './applier-case.ts'

const file = '/etc/rancher/k3s/registries.yaml'
const config = `haos:
  registries:
    mirrors: {docker.io: {endpoint: [https://mirror.example.com]}}
    configs:
      mirror.example.com:
        auth: {username: me, password: 0123}
        tls: {insecure_skip_verify: yes}`
const written = {
  mirrors: {'docker.io': {endpoint: ['https://mirror.example.com']}},
  configs: {'mirror.example.com': {auth: {username: 'me', password: '0123'}, tls: {insecure_skip_verify: true}}},
}
const content = `${JSON.stringify(written, null, 2)}\n`

/** Registries of container images. */
export const registryCases: readonly ApplierCase[] = [
  {
    name: 'registries.yaml replaces that of the image, is for root only, and is gone at the next boot',
    phase: 'boot',
    config,
    files: {[file]: {content: '{}', mode: 0o644}},
    expected: {
      files: {
        [file]: {content, mode: 0o600, uid: 0, gid: 0},
        '/var/lib/rancher/haos/etc-rancher.written': {content: `${file}\n`},
      },
      commands: [],
    },
  },
  {
    name: 'Kubernetes that runs is restarted once when its registries change',
    phase: 'runtime',
    config,
    files: {'/etc/runlevels/default/k3s': ''},
    expected: {files: {[file]: {content}}, commands: ['rc-service --nodeps --ifstarted k3s restart']},
  },
  {
    name: 'what is a mistake does not count, and the rest does',
    phase: 'boot',
    config: `haos:
  registries:
    mirrors: {docker.io: {endpoints: [https://a]}, quay.io: {endpoint: [ftp://b]}, ghcr.io: {endpoint: https://c}}
    configs: {a/b: {auth: {username: x}}, c: {tls: {insecure_skip_verify: maybe, ca_file: /c.pem}}}`,
    expected: {
      files: {
        [file]: {
          content: `${JSON.stringify(
            {
              mirrors: {'docker.io': {}, 'quay.io': {}, 'ghcr.io': {endpoint: ['https://c']}},
              configs: {c: {tls: {ca_file: '/c.pem'}}},
            },
            null,
            2,
          )}\n`,
        },
      },
      problems: [
        'haos.registries.mirrors[docker.io].endpoints',
        'haos.registries.mirrors[quay.io].endpoint[0]',
        'haos.registries.configs[a/b]',
        'haos.registries.configs.c.tls.insecure_skip_verify',
      ],
    },
  },
  {
    name: "a file that the user writes in the registries' place wins",
    phase: 'boot',
    config: `${config}\nwrite_files: [{path: ${file}, content: mine}]`,
    expected: {files: {[file]: {content: 'mine'}}},
  },
]
