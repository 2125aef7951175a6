import type {ApplierCase} from './applier-case.ts'

const passwd =
  'root:x:0:0:root:/root:/bin/sh\nsshd:x:899:65534::/run/sshd:/usr/sbin/nologin\nrancher:x:1000:1000::/home/rancher:/bin/bash\n'
const group = 'root:x:0:\nsudo:x:27:rancher\nusers:x:100:\nrancher:x:1000:\n'
const shadow = 'root:*::0:::::\nrancher:$6$r$hash:19000:0:99999:7:::\n'
const debian = {
  '/etc/passwd': passwd,
  '/etc/group': group,
  '/etc/shadow': {content: shadow, mode: 0o640},
  '/etc/gshadow': {content: 'root:*::\nsudo:*::rancher\n', mode: 0o640},
  '/etc/sudoers.d/rancher': 'rancher ALL=(ALL:ALL) NOPASSWD: ALL\n',
  '/etc/skel/.profile': 'PS1=>\n',
  '/bin/bash': '',
  '/usr/sbin/nologin': '',
}
const alpine = {
  ...debian,
  '/etc/gshadow': null,
  '/etc/sudoers.d/rancher': null,
  '/etc/doas.d/rancher.conf': 'permit nopass keepenv rancher\n',
}
const key = 'ssh-ed25519 AAAAC3 bob'
const bob = {uid: 1001, gid: 1001}

/** Users of the config. */
export const userCases: readonly ApplierCase[] = [
  {
    name: 'a user gets an account, a home directory with the files of skel, keys, groups and rights',
    phase: 'boot',
    config: `users:
  - default
  - name: bob
    gecos: Bob B.
    groups: sudo, ops
    sudo: ALL=(ALL) NOPASSWD:ALL
    passwd: $6$salt$hash
    ssh_authorized_keys: [${key}]`,
    files: debian,
    expected: {
      files: {
        '/etc/passwd': {content: `${passwd}bob:x:1001:1001:Bob B.:/home/bob:/bin/bash\n`},
        '/etc/group': {content: `${group.replace('27:rancher', '27:rancher,bob')}bob:x:1001:\nops:x:1002:bob\n`},
        '/etc/gshadow': {content: 'root:*::\nsudo:*::rancher,bob\nbob:!::\nops:!::bob\n', mode: 0o640},
        '/etc/shadow': {content: `${shadow}bob:$6$salt$hash::0:99999:7:::\n`, mode: 0o640},
        '/home/bob': {mode: 0o750, ...bob},
        '/home/bob/.profile': {content: 'PS1=>\n', ...bob},
        '/home/bob/.ssh/authorized_keys': {content: `${key}\n`, mode: 0o600, ...bob},
        '/etc/sudoers.d/haos-bob': {content: 'bob ALL=(ALL) NOPASSWD:ALL\n', mode: 0o440, uid: 0, gid: 0},
        '/var/lib/rancher/haos/account-ids': {content: 'group:bob:1001\nuser:bob:1001\ngroup:ops:1002\n'},
        '/run/haos/rules.new': null,
      },
      commands: ['visudo -cf /run/haos/rules.new'],
    },
  },
  {
    name: 'a user keeps its number across boots, and a new one gets another, although the former has gone',
    phase: 'boot',
    config: 'users: [eve, {name: daemon2, system: true}]',
    files: {
      ...debian,
      '/var/lib/rancher/haos/account-ids': 'user:bob:1001\ngroup:bob:1001\nuser:eve:1005\ngroup:eve:1005\n',
    },
    expected: {
      files: {
        '/etc/passwd': {
          content: `${passwd}eve:x:1005:1005::/home/eve:/bin/bash\ndaemon2:x:898:898::/home/daemon2:/usr/sbin/nologin\n`,
        },
        '/etc/shadow': {content: `${shadow}eve:*::0:99999:7:::\ndaemon2:*::0:99999:7:::\n`},
        '/home/eve': {uid: 1005, gid: 1005},
        '/home/daemon2': null,
      },
    },
  },
  {
    name: 'a clear password of a user reaches chpasswd through its standard input only',
    phase: 'boot',
    config: 'users: [{name: bob, plain_text_passwd: "$6$a:b", lock_passwd: false}]',
    files: debian,
    expected: {commands: ['chpasswd'], stdin: {chpasswd: 'bob:$6$a:b'}},
    settles: false,
  },
  {
    name: 'a locked password is none, and the account still takes keys where sshd has no PAM',
    phase: 'boot',
    config: 'users: [{name: bob, passwd: $6$salt$hash, lock_passwd: true, expiredate: 2032-09-01, inactive: 5}]',
    files: debian,
    expected: {files: {'/etc/shadow': {content: `${shadow}bob:*::0:99999:7:5:22889:\n`}}, commands: []},
  },
  {
    name: 'where the image has doas, the usual rule of sudo is one of doas, and the files of Alpine are enough',
    phase: 'boot',
    config:
      'users: [{name: bob, sudo: "ALL=(ALL) NOPASSWD:ALL"}, {name: eve, sudo: "ALL=(ALL:ALL) ALL", doas: [permit eve cmd id]}]',
    files: alpine,
    expected: {
      files: {
        '/etc/doas.d/haos-bob.conf': {content: 'permit nopass keepenv bob\n', mode: 0o400},
        '/etc/doas.d/haos-eve.conf': {content: 'permit keepenv eve\npermit eve cmd id\n', mode: 0o400},
        '/etc/gshadow': null,
        '/etc/sudoers.d': null,
      },
    },
  },
  {
    name: 'rules that the program does not accept are not granted, and the former stay',
    phase: 'boot',
    config: 'users: [{name: bob, sudo: [nonsense]}, {name: eve, sudo: ["ALL=(ALL) ALL"]}]',
    files: {...debian, '/etc/sudoers.d/haos-bob': {content: 'bob ALL=(ALL) ALL\n', mode: 0o440}},
    statuses: {'visudo -cf /run/haos/rules.new': 1},
    expected: {
      files: {'/etc/sudoers.d/haos-bob': {content: 'bob ALL=(ALL) ALL\n'}, '/etc/sudoers.d/haos-eve': null},
      problems: ['users[0].sudo', 'users[1].sudo'],
    },
  },
  ...[
    ['doas in an image with sudo', debian, '{name: bob, doas: [permit bob]}', 'doas'],
    ['a rule that doas does not know', alpine, '{name: bob, sudo: "ALL=(www) /bin/id"}', 'sudo'],
    ['a rule of doas for another user', alpine, '{name: bob, doas: [permit nopass eve]}', 'sudo'],
  ].map(
    ([name, files, user]): ApplierCase => ({
      name: `${name} is reported, and the user is made`,
      phase: 'boot',
      config: `users: [${user}]`,
      files: typeof files === 'object' ? files : {},
      expected: {files: {'/home/bob': bob}, problems: ['users[0].sudo']},
    }),
  ),
  {
    name: 'a user that is gone from the config is removed with its rights, and keeps its home directory and number',
    phase: 'runtime',
    config: '',
    files: {
      ...debian,
      '/etc/passwd': `${passwd}bob:x:1001:1001::/home/bob:/bin/bash\n`,
      '/etc/group': `${group.replace('27:rancher', '27:rancher,bob')}bob:x:1001:\n`,
      '/etc/shadow': {content: `${shadow}bob:*::0:99999:7:::\n`, mode: 0o640},
      '/etc/sudoers.d/haos-bob': 'bob ALL=(ALL) ALL\n',
      '/home/bob/mine': {content: 'x', ...bob},
      '/run/haos/users': 'bob\n',
      '/var/lib/rancher/haos/account-ids': 'group:bob:1001\nuser:bob:1001\n',
    },
    expected: {
      files: {
        '/etc/passwd': {content: passwd},
        '/etc/group': {content: group},
        '/etc/shadow': {content: shadow, mode: 0o640},
        '/etc/sudoers.d/haos-bob': null,
        '/home/bob/mine': {content: 'x', ...bob},
        '/var/lib/rancher/haos/account-ids': {content: 'group:bob:1001\nuser:bob:1001\n'},
      },
    },
  },
  {
    name: 'in the phase boot nobody is removed, since user data may name them',
    phase: 'boot',
    config: '',
    files: {...debian, '/etc/passwd': `${passwd}bob:x:1001:1001::/home/bob:/bin/bash\n`, '/run/haos/users': 'bob\n'},
    expected: {files: {'/etc/passwd': {content: `${passwd}bob:x:1001:1001::/home/bob:/bin/bash\n`}}},
  },
  {
    name: 'an account of the image gets what is set, and keeps the rest',
    phase: 'boot',
    config: 'users: [{name: rancher, gecos: The boss, groups: [users]}]',
    files: debian,
    expected: {
      files: {
        '/etc/passwd': {content: passwd.replace('1000:1000::', '1000:1000:The boss:')},
        '/etc/group': {content: group.replace('users:x:100:', 'users:x:100:rancher')},
        '/etc/shadow': {content: shadow},
      },
    },
  },
  {
    name: 'an account that cannot be as written is not made, and the next one is',
    phase: 'boot',
    config: `users:
  - {name: a, shell: /bin/zsh}
  - {name: b, uid: 1000}
  - {name: sshd, uid: 70}
  - {name: c, groups: [none], create_groups: false}
  - {name: d, uid: 2000, primary_group: users}`,
    files: debian,
    expected: {
      files: {
        '/etc/passwd': {content: `${passwd}d:x:2000:100::/home/d:/bin/bash\n`},
        '/etc/group': {content: group},
        '/home/a': null,
      },
      problems: ['users[0]', 'users[1]', 'users[2]', 'users[3]'],
    },
  },
  {
    name: 'a home directory of another user is not taken',
    phase: 'boot',
    config: 'users: [{name: bob, homedir: /srv/data}]',
    files: {...debian, '/srv/data/x': ''},
    expected: {files: {'/srv/data': {uid: 0, mode: 0o755}}, problems: ['users[0].homedir']},
  },
  {
    name: 'a file of a user waits in the initrd, and is written once there is the user',
    phase: 'initrd',
    config: 'users: [bob]\nwrite_files: [{path: /etc/x, owner: "bob:bob"}, {path: /etc/y, owner: eve}]',
    files: debian,
    expected: {files: {'/etc/x': null, '/home/bob': null}, problems: ['write_files[1].owner']},
  },
]
