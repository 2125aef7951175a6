import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import type {TestPackage} from './testing-packages.ts'
import {writeRepository} from './testing-repository.ts'

/** A directory with the layout of an Alpine mirror, and the keys that sign it. */
export interface PackageMirror {
  readonly mirror: string
  /** Path of a directory or file. */
  readonly keys: string
}

const directory = {type: 'directory', mode: 0o755} as const
const libc = 'so:libc.musl-x86_64.so.1'

/** Applets of the test's busybox that get a link. */
const applets = ['chmod', 'chown', 'grep', 'ln', 'ls', 'mknod', 'mkdir', 'mount', 'rm', 'uname']

const library = (name: string, version: string, file: string, arch = 'x86_64'): TestPackage => ({
  name,
  version,
  arch,
  info: [`provides = so:${file}=1`, ...(name === 'musl' ? [] : [`depend = so:libc.musl-${arch}.so.1`])],
  entries: {'lib/': directory, [`lib/${file}`]: {mode: 0o755, content: `the library ${name}`}},
})

const baselayout: TestPackage = {
  name: 'alpine-baselayout',
  version: '3.4.3-r2',
  info: ['depend = /bin/sh'],
  entries: {
    'dev/': directory,
    'etc/': directory,
    'etc/group': 'root:x:0:root\nshadow:x:42:\nnogroup:x:65533:\n',
    'etc/passwd': 'root:x:0:0:root:/root:/bin/ash\n',
    'etc/shadow': 'root:*::0:::::\n',
    'media/': directory,
    'proc/': directory,
    'root/': {...directory, mode: 0o700},
    'tmp/': {...directory, mode: 0o1777},
    'var/': directory,
    'var/lib/': directory,
  },
  scripts: {'.post-install': '#!/bin/sh\nchown root:shadow /etc/shadow\nchmod 640 /etc/shadow\n'},
}

const busybox = (program: string | Uint8Array): TestPackage => ({
  name: 'busybox',
  version: '1.36.1-r15',
  info: ['provides = /bin/sh', 'provider_priority = 100', `depend = ${libc}`],
  entries: {
    'bin/': directory,
    'bin/busybox': {mode: 0o755, content: program},
    'bin/sh': {type: 'symlink', linkName: '/bin/busybox', mode: 0o777},
    // The effect of `addgroup -S NAME` and `adduser -S -G NAME -H NAME`, which Debian's busybox lacks.
    'bin/addgroup': {mode: 0o755, content: '#!/bin/sh\necho "$2:x:101:" >>/etc/group\n'},
    'bin/adduser': {mode: 0o755, content: '#!/bin/sh\necho "$3:x:100:101::/:/sbin/nologin" >>/etc/passwd\n'},
    'etc/busybox-paths.d/busybox': applets.map((name) => `bin/${name}\n`).join(''),
  },
  scripts: {'.post-install': '#!/bin/busybox sh\nexec /bin/busybox --install -s\n'},
})

const chrony: TestPackage = {
  name: 'chrony',
  version: '4.5-r0',
  info: [`depend = ${libc}`],
  entries: {'var/lib/chrony/': {...directory, mode: 0o750}},
  scripts: {
    '.pre-install':
      '#!/bin/sh\naddgroup -S chrony 2>/dev/null\nadduser -S -D -H -h /var/lib/chrony -s /sbin/nologin -G chrony -g chrony chrony 2>/dev/null\nexit 0\n',
    '.post-install': '#!/bin/sh\nchown chrony:chrony /var/lib/chrony\n',
  },
}

/**
 * Makes a mirror of small packages with the names and dependencies of real ones, so that the same tests apply to both.
 *
 * `program` is the host path of a static busybox, for scripts that run. Default: a program that does nothing.
 */
export function makeMirror(mirror: string, {program}: {readonly program?: string | undefined} = {}): PackageMirror {
  const main = [
    baselayout,
    busybox(program === undefined ? 'a program' : readFileSync(program)),
    chrony,
    library('musl', '1.2.4_git20230717-r4', 'libc.musl-x86_64.so.1'),
    library('zlib', '1.3.1-r0', 'libz.so.1'),
    library('libcrypto3', '3.1.4-r5', 'libcrypto.so.3'),
    {name: 'openssh-server', version: '9.6_p1-r0', info: ['depend = so:libcrypto.so.3', `depend = ${libc}`]},
  ]
  const keys = writeRepository(join(mirror, 'v3.19.1-iso/main'), main)
  writeRepository(join(mirror, 'v3.19/community'), [{name: 'ipmitool-openrc', version: '1.8.19-r1'}])
  writeRepository(join(mirror, 'v3.13.4-iso/main'), [
    library('musl', '1.2.2-r0', 'libc.musl-aarch64.so.1', 'aarch64'),
    library('zlib', '1.2.11-r3', 'libz.so.1', 'aarch64'),
  ])
  return {mirror, keys}
}
