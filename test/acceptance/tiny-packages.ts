import {chmodSync, copyFileSync, mkdirSync, realpathSync, symlinkSync, writeFileSync} from 'node:fs'
import {basename, dirname, join} from 'node:path'
import {$} from 'zx'
import type {TinyPackage} from '../debian-mirror.ts'
import {emptyModule} from '../empty-module.ts'
import {scratchDirectory} from '../scratch.ts'
import {findStaticBusybox} from '../static-busybox.ts'

/** Programs that dpkg and our script call in a root, except dpkg's own. */
const applets = ['cat', 'chmod', 'diff', 'find', 'grep', 'ln', 'mkdir', 'rm', 'rmdir', 'sh', 'true']

/** Programs that dpkg checks for but does not need here. */
const idle = ['ldconfig', 'start-stop-daemon', 'update-alternatives']

const directories = ['dev', 'etc', 'proc', 'root', 'run', 'tmp', 'usr/sbin', 'var/lib/dpkg', 'var/log', 'var/tmp']

const accounts = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\n',
  'etc/group': 'root:x:0:\n',
  'etc/shadow': 'root:*:20000:0:99999:7:::\n',
}

/**
 * Builds the smallest essential package that dpkg can configure others with: this machine's busybox and dpkg.
 * It is not compressed, because tests make it often.
 */
export function buildTinyBase(): string {
  const busybox = staticBusybox()
  const tree = scratchDirectory()
  const put = (path: string, from: string) => {
    mkdirSync(dirname(join(tree, path)), {recursive: true})
    copyFileSync(realpathSync(from), join(tree, path))
  }
  for (const path of directories) mkdirSync(join(tree, path), {recursive: true})
  for (const path of ['tmp', 'var/tmp']) chmodSync(join(tree, path), 0o1777)
  put('usr/bin/busybox-tiny', busybox)
  for (const name of applets) symlinkSync('busybox-tiny', join(tree, 'usr/bin', name))
  const programs = ['dpkg', 'dpkg-deb', 'dpkg-divert', 'dpkg-query', 'dpkg-split', 'dpkg-trigger', 'tar']
  for (const name of programs) put(`usr/bin/${name}`, `/usr/bin/${name}`)
  for (const name of idle) writeFileSync(join(tree, 'usr/bin', name), '#!/bin/sh\n', {mode: 0o755})
  // The interpreter of service scripts, which an image must have.
  writeFileSync(join(tree, 'usr/sbin/openrc-run'), '#!/bin/sh\n', {mode: 0o755})
  for (const [name, path] of librariesOf(programs.map((program) => `/usr/bin/${program}`))) {
    put(name.startsWith('ld-') ? `usr/lib64/${name}` : `usr/lib/x86_64-linux-gnu/${name}`, path)
  }
  const fields = {Package: 'tiny-base', Version: '1', Architecture: 'amd64', Essential: 'yes'}
  write(tree, accounts)
  write(tree, {
    'DEBIAN/control': `${Object.entries({...fields, Maintainer: 'Nobody <nobody@example.org>', Description: 'the base'})
      .map(([field, value]) => `${field}: ${value}\n`)
      .join('')}`,
    // Without checksums, dpkg would have to compute them, and would unpack the package itself.
    'DEBIAN/md5sums': '\n',
  })
  const output = join(scratchDirectory(), 'tiny-base_1_amd64.deb')
  // The same package has the same bytes when it is packed again (dpkg-deb(1)).
  $.sync`SOURCE_DATE_EPOCH=1 dpkg-deb --root-owner-group -Znone --build ${tree} ${output}`
  return output
}

/** A kernel that never runs, a busybox that does nothing, and a package to change. */
export const tinyPackages = (greetingVersion: string): readonly TinyPackage[] => [
  {
    name: 'linux-image-amd64',
    version: '6.1',
    fields: {Depends: 'linux-image-6.1-tiny (= 6.1)', 'Installed-Size': '13'},
  },
  {
    name: 'linux-image-6.1-tiny',
    version: '6.1',
    fields: {'Installed-Size': '9000'},
    files: {
      'boot/vmlinuz-6.1-tiny': 'kernel\n',
      'usr/lib/modules/6.1-tiny/kernel/fs/tiny.ko': emptyModule(['license=GPL', 'firmware=tiny.bin']),
      'usr/lib/modules/6.1-tiny/modules.order': 'kernel/fs/tiny.ko\n',
    },
  },
  {name: 'busybox-static', version: '1', files: {'usr/bin/busybox': 'busybox\n'}},
  // For recipes with keys of upgrades.
  {name: 'openssl', version: '1', files: {'usr/bin/openssl': 'openssl\n'}},
  {
    name: 'greeting',
    version: greetingVersion,
    files: {
      'usr/share/greeting/text': `greeting ${greetingVersion}\n`,
      'DEBIAN/md5sums': '\n',
      // A script that runs in the root: umask, locale, time zone and clock of the machine must not affect it.
      'DEBIAN/postinst':
        '#!/bin/sh\nset -e\n: >/usr/share/greeting/made\necho "$LC_ALL $TZ $HOME" >>/usr/share/greeting/made\n',
    },
  },
]

/** Empty boot loaders, for builds that fail before one is made. */
export const hollowPackages: readonly TinyPackage[] = ['grub-efi-amd64-bin', 'grub-pc-bin'].map((name) => ({
  name,
  version: '1',
}))

function staticBusybox(): string {
  const {busybox, reason} = findStaticBusybox()
  if (busybox === undefined) throw new Error(reason)
  return busybox
}

/** Shared libraries by name, with the loader (ld.so(8)). */
function librariesOf(programs: readonly string[]): ReadonlyMap<string, string> {
  const printed = $.sync`ldd ${programs}`.text()
  return new Map([...printed.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path = '']) => [basename(path), path]))
}

function write(tree: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), {recursive: true})
    writeFileSync(join(tree, path), text)
  }
}
