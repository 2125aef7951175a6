import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {debian, defineImage, directory, file, type PartList, service, symlink, user} from '#dsl'
import {type TreeEntry, writeTree} from '#formats'
import {runStep} from '../../../../test/run-step.ts'
import {scratchDirectory} from '../../../../test/scratch.ts'
import {systemParts} from '../../../system-parts.ts'
import {systemTree} from '../system-tree.ts'
import {treeIndex} from '../tree-index.ts'

const owned = {uid: 0, gid: 0}
const directoryOf = (path: string, mode = 0o755): TreeEntry => ({path, type: 'directory', mode, ...owned})
const link = (path: string, target: string): TreeEntry => ({path, type: 'symlink', mode: 0o777, target, ...owned})
const text = (path: string, content = '', mode = 0o755): TreeEntry => ({
  path,
  type: 'file',
  mode,
  content: {bytes: Buffer.from(content)},
  ...owned,
})

/** The file lists of dpkg for packages with these paths. */
const packages = (lists: Readonly<Record<string, readonly string[]>>): TreeEntry[] =>
  Object.entries(lists).map(([name, paths]) =>
    text(`/var/lib/dpkg/info/${name}.list`, `/.\n${paths.join('\n')}\n`, 0o644),
  )

const usual: readonly TreeEntry[] = [
  directoryOf('/tmp', 0o1777),
  directoryOf('/root', 0o700),
  text('/usr/bin/sh'),
  text('/usr/sbin/openrc-run'),
  link('/bin', 'usr/bin'),
  link('/sbin', 'usr/sbin'),
  text('/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/:/usr/sbin/nologin\n', 0o644),
  text('/etc/group', 'root:x:0:\ndaemon:x:1:\n', 0o644),
  text('/etc/shadow', 'root:*:1:0:99999:7:::\ndaemon:!:1:0:99999:7:::\n', 0o640),
  ...packages({shell: ['/bin/sh', '/usr/share/both'], other: ['/usr/share/both', '/usr/bin/odd']}),
]

/** Builds the system layer of a recipe over such packages. */
async function build(more: readonly TreeEntry[], parts: readonly PartList[] = []): Promise<string> {
  const scratch = scratchDirectory()
  const [tree, runtime] = [join(scratch, 'packages'), join(scratch, 'runtime')]
  await writeTree(tree, [...usual, ...more], {epoch: 0})
  writeFileSync(runtime, '')
  const spec = defineImage({name: 'x', version: '1', base: debian(), parts: [...parts]}).resolve({set: {}})
  const index = await runStep(treeIndex, {tree}, {})
  return runStep(systemTree, {index, runtime, files: []}, {...systemParts(spec, []), filePaths: []})
}

const problemsOf = (more: readonly TreeEntry[], parts: readonly PartList[] = []) =>
  build(more, parts).then(
    () => [],
    ({code, details}) => {
      expect(code).toBe('IMAGE_UNSOUND')
      return details.problems.map(({path, message}: {path: string; message: string}) => `${path} ${message}`)
    },
  )

test.each<[string, TreeEntry[], RegExp]>([
  ['/usr that only root may enter', [directoryOf('/usr', 0o700)], /^\/usr has mode 0700, .*from/],
  [
    'a shared directory that only root may enter',
    [directoryOf('/usr/share/both', 0o750)],
    /^\/usr\/share\/both .*the package other/,
  ],
  ['/tmp without sticky', [directoryOf('/tmp', 0o777)], /^\/tmp has mode 0777 instead of 1777/],
  [
    'a directory that everybody may write to',
    [directoryOf('/usr/lib/x', 0o777)],
    /^\/usr\/lib\/x .*everybody may change/,
  ],
  ['a file that everybody may write to', [text('/etc/x', '', 0o666)], /^\/etc\/x .*everybody may change/],
  [
    'a program that is a dangling symlink',
    [link('/usr/bin/odd', 'gone')],
    /^\/usr\/bin\/odd is a symlink to gone, .*the package other/,
  ],
  [
    'a time zone that is not installed',
    [link('/etc/localtime', '/usr/share/zoneinfo/Europe/Berlin')],
    /^\/etc\/localtime is a symlink to/,
  ],
  [
    'a resolver that nothing configures',
    [link('/etc/resolv.conf', '../usr/lib/odd/resolv.conf')],
    /^\/etc\/resolv.conf is a/,
  ],
  [
    'an alternative without its program',
    [link('/etc/alternatives/odd', '/usr/bin/odd.real')],
    /^\/etc\/alternatives\/odd is a symlink/,
  ],
  ['a missing dynamic linker', [link('/lib64/ld-linux-x86-64.so.2', '../lib/ld.so')], /^\/lib64\/ld-linux/],
  [
    'a missing library',
    [link('/usr/lib/x86_64-linux-gnu/libz.so.1', 'libz.so.1.3.1')],
    /^\/usr\/lib\/x86_64-linux-gnu\/libz.so.1 is a symlink/,
  ],
  ['a missing certificate', [link('/etc/ssl/certs/a.pem', '/usr/share/ca-certificates/a.crt')], /a.pem is a symlink/],
  ['a missing service', [link('/etc/runlevels/default/odd', '/etc/init.d/odd')], /^\/etc\/runlevels\/default\/odd is/],
  ['a missing directory of the root', [link('/lib32', 'usr/lib32')], /^\/lib32 is a symlink to usr\/lib32/],
  ['a program that is a symlink to itself', [link('/usr/bin/odd', 'odd')], /^\/usr\/bin\/odd is a symlink/],
  [
    'a setuid program that others may change',
    [text('/usr/bin/odd', '', 0o4775)].map((entry) => ({...entry, gid: 1})),
    /^\/usr\/bin\/odd runs with the rights of user 0, .*the package other/,
  ],
  [
    'a setuid program that no package lists',
    [text('/usr/lib/x', '', 0o4755)],
    /^\/usr\/lib\/x runs with the rights of user 0, and no package lists it/,
  ],
  [
    'a program with capabilities that no package lists',
    [{...text('/usr/lib/x'), xattrs: {'security.capability': new Uint8Array(20)}}],
    /^\/usr\/lib\/x runs with capabilities, and no package lists it/,
  ],
  ['a program of another user', [{...text('/usr/bin/odd'), uid: 1}], /^\/usr\/bin\/odd is a program that user 1 owns/],
  [
    'an owner without an account',
    [{...text('/usr/lib/x'), uid: 77}],
    /^\/usr\/lib\/x belongs to user 77, .*a script of a package/,
  ],
  [
    'a group without an account',
    [{...text('/usr/bin/odd'), gid: 78}],
    /^\/usr\/bin\/odd belongs to group 78, .*the package other/,
  ],
  [
    'a root without a shell',
    [text('/etc/passwd', 'root:x:0:0:root:/root:/bin/zsh\n', 0o644)],
    /^user root has the shell \/bin\/zsh, which does not exist/,
  ],
  [
    'a service whose program is missing',
    [
      text('/etc/init.d/odd', '#!/sbin/openrc-run\ncommand="/usr/sbin/odd"\n'),
      link('/etc/runlevels/default/odd', '/etc/init.d/odd'),
      ...packages({odd: ['/etc/init.d/odd']}),
    ],
    /^service odd needs \/usr\/sbin\/odd, which does not exist \(script from the package odd\)/,
  ],
  [
    'a service whose interpreter is missing',
    [text('/etc/init.d/odd', '#!/bin/bash\n'), link('/etc/runlevels/default/odd', '/etc/init.d/odd')],
    /^service odd needs \/bin\/bash/,
  ],
])('%s is refused, with its source', async (_, more, message) => {
  expect(await problemsOf(more)).toEqual([expect.stringMatching(message)])
})

test.each<[string, PartList, RegExp]>([
  ['a user', user('someone', {uid: 1000, shell: '/bin/zsh'}), /^user someone has the shell \/bin\/zsh/],
  ['a service', service('odd', {script: '#!/sbin/openrc-run\ncommand=odd\n'}), /^service odd needs odd, .*the recipe/],
  ['a symlink', symlink('/usr/sbin/init', '../bin/busybox'), /^\/usr\/sbin\/init is a symlink .*the recipe/],
  ['a directory', directory('/usr/share', {mode: '0700'}), /^\/usr\/share has mode 0700/],
])('%s of the recipe that does not work is refused', async (_, part, message) => {
  expect(await problemsOf([], [part])).toEqual([expect.stringMatching(message)])
})

test('a fault that the recipe corrects is not reported', async () => {
  const more = [
    directoryOf('/usr', 0o700),
    link('/usr/bin/odd', 'gone'),
    text('/etc/init.d/odd', '#!/sbin/openrc-run\ncommand=/usr/sbin/odd\n'),
  ]
  const parts = [
    directory('/usr', {mode: '0755'}),
    file('/usr/bin/odd', {text: '', mode: '0755', replace: true}),
    file('/usr/sbin/odd', {text: '', mode: '0755'}),
    service('odd'),
  ]

  expect(await problemsOf(more, parts)).toEqual([])
})

test('private directories, setuid programs and symlinks to files of a running node are not faults', async () => {
  const more = [
    directoryOf('/usr/lib/apk/exec', 0o700),
    directoryOf('/var/tmp', 0o1777),
    text('/usr/bin/sudo', '', 0o4755),
    {...text('/usr/lib/helper', '', 0o4754), gid: 1},
    ...packages({more: ['/usr/bin/sudo', '/usr/lib/helper']}),
    link('/usr/bin/tool', '/usr/local/bin/tool'),
    link('/etc/resolv.conf', '/run/resolv.conf'),
    link('/usr/bin/k3s', '/haos/system/k3s/current/k3s'),
    link('/usr/share/doc/gone', '../gone'),
    link('/etc/localtime', '/var/lib/zone'),
    link('/etc/alternatives/odd.1.gz', '/usr/share/man/man1/odd.real.1.gz'),
    link('/vmlinuz', 'boot/vmlinuz-6.1'),
    link('/usr/lib/x86_64-linux-gnu/libz.so', 'libz.so.1.3.1'),
    text('/etc/init.d/unused', '#!/bin/bash\ncommand=/gone\n'),
    text('/etc/init.d/variable', '#!/sbin/openrc-run\ncommand="$x/y"\n'),
    link('/etc/runlevels/default/variable', '/etc/init.d/variable'),
  ]

  expect(await problemsOf(more)).toEqual([])
})
