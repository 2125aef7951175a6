import type {ApplierCase} from './applier-case.ts'

const keysFile = '/home/rancher/.ssh/authorized_keys'
const owned = {uid: 1000, gid: 1000}

/** Passwords, keys and commands. */
export const loginCases: readonly ApplierCase[] = [
  {
    name: 'a clear password reaches chpasswd through its standard input only',
    phase: 'initrd',
    config: 'haos: {password: "a:b c "}',
    expected: {commands: ['chpasswd'], stdin: {chpasswd: 'rancher:a:b c '}},
    settles: false,
  },
  {
    name: 'a crypted password that is set already is not set again',
    phase: 'boot',
    config: "haos: {password: '$6$salt$hash'}",
    files: {'/etc/shadow': {content: 'rancher:$6$salt$hash:19000:0:99999:7:::\n', mode: 0o640}},
    expected: {commands: []},
  },
  {
    name: 'a text such as a price is a clear password, a yescrypt hash is a crypted one',
    phase: 'boot',
    config: 'haos: {password: "$100 bill"}',
    expected: {commands: ['chpasswd'], stdin: {chpasswd: 'rancher:$100 bill'}},
    settles: false,
  },
  {
    name: 'a hash of yescrypt is passed on as crypted',
    phase: 'boot',
    config: "haos: {password: '$y$j9T$salt$hash'}",
    expected: {commands: ['chpasswd -e'], stdin: {'chpasswd -e': 'rancher:$y$j9T$salt$hash'}},
    settles: false,
  },
  {
    name: 'a password of two lines does not set a second password',
    phase: 'boot',
    config: 'haos: {password: "x\\nroot:y"}',
    expected: {commands: [], problems: ['haos.password']},
  },
  {
    name: 'keys are added to the existing ones, each once, whatever its comment',
    phase: 'boot',
    config: 'ssh_authorized_keys: ["ssh-rsa AAAA new comment", "ssh-ed25519 AAAAC3", "github:someone"]',
    files: {[keysFile]: {content: 'ssh-rsa AAAA old comment\nssh-rsa BBBB', mode: 0o644, ...owned}},
    expected: {
      files: {
        '/home/rancher/.ssh': owned,
        [keysFile]: {content: 'ssh-rsa AAAA old comment\nssh-rsa BBBB\nssh-ed25519 AAAAC3\n', mode: 0o644, ...owned},
      },
    },
  },
  {
    name: 'a key with the same beginning is another key',
    phase: 'boot',
    config: 'ssh_authorized_keys: ["ssh-rsa AAAA", "ssh-rsa AAAABBBB"]',
    files: {[keysFile]: {content: 'ssh-rsa AAAABBBBCCCC\n', mode: 0o600, ...owned}},
    expected: {files: {[keysFile]: {content: 'ssh-rsa AAAABBBBCCCC\nssh-rsa AAAA\nssh-rsa AAAABBBB\n'}}},
  },
  {
    name: 'the directory for keys belongs to the user even if there are none',
    phase: 'boot',
    config: '',
    expected: {files: {'/home/rancher/.ssh': {mode: 0o700, ...owned}, [keysFile]: null}},
  },
  {
    name: 'a symlink in place of the keys is replaced, so that it cannot lead to a file of root',
    phase: 'boot',
    config: 'ssh_authorized_keys: ["ssh-rsa AAAA"]',
    files: {'/home/rancher/.ssh/other': 'x'},
    links: {[keysFile]: 'other'},
    expected: {
      files: {[keysFile]: {content: 'ssh-rsa AAAA\n', mode: 0o600}, '/home/rancher/.ssh/other': {content: 'x'}},
    },
  },
  {
    name: 'a symlink in place of the directory for keys is reported, and leads to no directory of root',
    phase: 'boot',
    config: 'ssh_authorized_keys: ["ssh-rsa AAAA"]',
    files: {'/etc/init.d/sshd': 'x'},
    links: {'/home/rancher/.ssh': '../../etc/init.d'},
    expected: {files: {'/etc/init.d/authorized_keys': null}, problems: ['ssh_authorized_keys']},
  },
  {
    name: 'keys from URLs are fetched once the network is up, and one that cannot be fetched does not prevent others',
    phase: 'runtime',
    config:
      'ssh_authorized_keys: [github:someone, gitlab:nobody, "https://keys.example/k", "bitbucket:x", ssh-rsa AAAALAST]',
    web: {
      'https://github.com/someone.keys': {status: 200, body: 'ssh-rsa AAAAONE\nssh-rsa AAAATWO\n'},
      'https://gitlab.com/nobody.keys': {status: 404, body: 'Not Found'},
    },
    expected: {
      files: {[keysFile]: {content: 'ssh-rsa AAAAONE\nssh-rsa AAAATWO\n\nssh-rsa AAAALAST\n', mode: 0o600}},
      problems: ['ssh_authorized_keys[3]', 'ssh_authorized_keys[1]', 'ssh_authorized_keys[2]'],
    },
  },
  {
    name: 'a web page instead of keys, such as a captive portal, is a problem and lets nobody log in',
    phase: 'runtime',
    config: 'ssh_authorized_keys: [github:someone, github:nobody]',
    web: {
      'https://github.com/someone.keys': {status: 200, body: '<html>\n<p>Log in\n use ssh-rsa keys\n</html>\n'},
      'https://github.com/nobody.keys': {status: 200, body: ''},
    },
    expected: {files: {[keysFile]: null}, problems: ['ssh_authorized_keys[0]', 'ssh_authorized_keys[1]']},
  },
  {
    name: 'only lines with public keys are kept of a fetched file, with their options',
    phase: 'runtime',
    config: 'ssh_authorized_keys: ["https://keys.example/k"]',
    web: {
      'https://keys.example/k': {
        status: 200,
        body: [
          '# mine',
          '<b>ssh-rsa AAAAB3</b>',
          'ecdsa-sha2-nistp256 AAAAE2= me',
          'restrict,command="echo \\"a b\\"" sk-ssh-ed25519@openssh.com AAAAG/+ me',
          '-----BEGIN OPENSSH PRIVATE KEY-----',
        ].join('\n'),
      },
    },
    expected: {
      files: {
        [keysFile]: {
          content:
            'ecdsa-sha2-nistp256 AAAAE2= me\nrestrict,command="echo \\"a b\\"" sk-ssh-ed25519@openssh.com AAAAG/+ me\n',
        },
      },
    },
  },
  {
    name: 'a node without the user keeps no keys, and reports a problem',
    phase: 'boot',
    config: 'ssh_authorized_keys: ["ssh-rsa AAAA"]',
    files: {'/etc/passwd': 'rancher2:x:1001:1001::/home/rancher2:/bin/sh\n'},
    expected: {files: {'/home/rancher/.ssh': null, '/.ssh': null}, problems: ['ssh_authorized_keys']},
  },
  {
    name: 'the first command that fails ends its list, and commands see the environment',
    phase: 'initrd',
    config: 'init_cmd: [one, two, three]\nboot_cmd: [never]\nhaos: {environment: {FOO: bar}}',
    statuses: {'sh -c two': 3},
    expected: {
      commands: ['sh -c one', 'sh -c two'],
      files: {'/etc/environment': {content: 'FOO="bar"\n'}},
      problems: ['init_cmd[1]'],
    },
  },
]
