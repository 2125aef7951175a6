import type {ApplierCase} from './applier-case.ts'

/** Files of the user and manifests of the cluster. */
export const fileCases: readonly ApplierCase[] = [
  {
    name: 'files below /etc/rancher, which survives a boot, are recorded once, to be deleted before the next boot',
    phase: 'boot',
    config: 'write_files: [{path: /etc/rancher/k3s/config.yaml}, {path: /etc/rancher/k3s//x}, {path: /etc/rancherx}]',
    files: {'/var/lib/rancher/haos/etc-rancher.written': '/etc/rancher/k3s/k3s.env\n'},
    expected: {
      files: {
        '/var/lib/rancher/haos/etc-rancher.written': {
          content: '/etc/rancher/k3s/k3s.env\n/etc/rancher/k3s/config.yaml\n/etc/rancher/k3s/x\n',
        },
      },
    },
  },
  {
    name: 'files are written in every encoding, in any letter case',
    phase: 'initrd',
    config: `write_files:
- {path: /etc/t/plain, content: "plain ü\\n"}
- {path: /etc/t/b64, encoding: B64, content: "aGVsbG8g\\nYjY0"}
- {path: /etc/t/gz, encoding: GZip+Base64, content: H4sIAAAAAAAC/8tIzcnJV0iv0k5KLE41MwEAQ9cC0Q8AAAA=}
- {path: /etc/t/empty}`,
    expected: {
      files: {
        '/etc/t': {mode: 0o755},
        '/etc/t/plain': {content: 'plain ü\n', mode: 0o644, uid: 0, gid: 0},
        '/etc/t/b64': {content: 'hello b64'},
        '/etc/t/gz': {content: 'hello gz+base64'},
        '/etc/t/empty': {content: ''},
      },
    },
  },
  {
    name: 'files get their owner by name or number, and their set-user-ID bit',
    phase: 'boot',
    config: `write_files:
- {path: /etc/t/a, content: x, owner: "rancher:wheel", permissions: "4750"}
- {path: /etc/t/b, content: x, owner: "rancher:", permissions: 600}
- {path: /etc/t/c, content: x, owner: "7:8", permissions: ''}
- {path: /etc/t/d, content: x, owner: rancher}`,
    expected: {
      files: {
        '/etc/t/a': {mode: 0o4750, uid: 1000, gid: 10},
        '/etc/t/b': {mode: 0o600, uid: 1000, gid: 1000},
        '/etc/t/c': {mode: 0o644, uid: 7, gid: 8},
        '/etc/t/d': {mode: 0o644, uid: 1000, gid: 0},
      },
    },
  },
  {
    name: 'a file that cannot be written leaves no temporary file and does not prevent others',
    phase: 'boot',
    config: `write_files:
- {path: /etc/t/owner, content: x, owner: nobody-here}
- {path: /etc/t/option, content: x, owner: "--help"}
- {path: /etc/t/mode, content: x, permissions: rw-r--r--}
- {path: /etc/t/b64, encoding: b64, content: "eA==eA=="}
- {path: /etc/t/gz, encoding: gz+b64, content: "aGVsbG8="}
- {path: /etc/t/enc, encoding: rot13, content: x}
- {path: /etc/connman, content: x}
- {path: "", content: x}
- {path: /etc/hosts/x, content: x}
- {path: /etc/t/good, content: x}`,
    expected: {
      files: {
        '/etc/t/owner': null,
        '/etc/t/option': null,
        '/etc/t/mode': null,
        '/etc/t/b64': null,
        '/etc/t/gz': null,
        '/etc/t/enc': null,
        '/etc/t/good': {content: 'x'},
      },
      problems: [
        'write_files[3].content',
        'write_files[4].content',
        'write_files[2].permissions',
        'write_files[5].encoding',
        'write_files[7].path',
        ...['write_files[0].owner', 'write_files[1].owner', 'write_files[6]', 'write_files[8]'],
      ],
    },
  },
  {
    name: 'a file replaces a link instead of what it points to, and one with a dotted path is not written',
    phase: 'boot',
    config: 'write_files: [{path: /etc/t/link, content: new}, {path: /../../etc//t/./up, content: x}]',
    files: {'/etc/t/target': 'target'},
    links: {'/etc/t/link': 'target'},
    expected: {
      files: {'/etc/t/link': {content: 'new'}, '/etc/t/target': {content: 'target'}, '/etc/t/up': null},
      problems: ['write_files[1].path'],
    },
  },
  {
    name: 'a manifest with another digest is left out, and the others are kept',
    phase: 'runtime',
    config: `boot_manifests:
- {url: "https://m.example/a.yaml", sha256: 93A1D2F0E1CF4E1E5F34C4A7A8E8D9F8B1F0A7C3AAAAAAAAAAAAAAAAAAAAAAAA}
- {url: "https://m.example/b.yaml", sha256: 4355A46B19D348DC2F57C046F8EF63D4538EBB936000F3C9EE954A27460DD865}
- {url: "https://m.example/c.yaml?raw=true"}
- {url: "https://m.example/empty.yaml"}
- {url: "https://m.example/gone.yaml"}`,
    web: {
      'https://m.example/a.yaml': {status: 200, body: 'a\n'},
      'https://m.example/b.yaml': {status: 200, body: '1\n'},
      'https://m.example/c.yaml?raw=true': {status: 200, body: 'c\n'},
      'https://m.example/empty.yaml': {status: 200, body: ''},
      'https://m.example/gone.yaml': {status: 404, body: 'gone'},
    },
    expected: {
      files: {
        '/var/lib/rancher/k3s/server/manifests/a.yaml': null,
        '/var/lib/rancher/k3s/server/manifests/b.yaml': {content: '1\n', mode: 0o600},
        '/var/lib/rancher/k3s/server/manifests/c.yaml': {content: 'c\n'},
        '/var/lib/rancher/k3s/server/manifests/empty.yaml': null,
      },
      problems: ['boot_manifests[0]', 'boot_manifests[3]', 'boot_manifests[4]'],
    },
  },
]
