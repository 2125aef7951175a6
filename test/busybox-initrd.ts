import {chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {$} from 'zx'

const init = `#!/bin/sh
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs -o mode=1777 tmp /tmp
hostname guest
exec /sbin/init
`

/**
 * One login on the serial line. root has no password; user has one ("secret", hashed by crypt(3)), and its login succeeds at the
 * second attempt, as on a machine that is too slow for `login`.
 */
const files: Readonly<Record<string, string>> = {
  'etc/inittab':
    '::respawn:/bin/getty -l /bin/second-login -L ttyS0 115200 vt100\n::ctrlaltdel:/bin/reboot\n::shutdown:/bin/sync\n',
  'etc/passwd': 'root::0:0:root:/root:/bin/sh\nuser:$1$haos$PASSWORD:1000:1000::/tmp:/bin/sh\n',
  'etc/group': 'root:x:0:\n',
  'bin/second-login': `#!/bin/sh
case $* in *user) [ -e /tmp/tried ] || { touch /tmp/tried; printf 'Password: '; read -r _; echo; echo login: timed out after 60 seconds; exit; } ;; esac
exec login "$@"
`,
  'etc/profile': 'echo "Last login: never"\n',
}

/** Makes an initrd of about 2 MB in which busybox is init, getty, login and shell. Returns its host path. */
export function makeBusyboxInitrd(busybox: string, directory: string): string {
  const root = mkdtempSync(join(directory, 'initrd-'))
  const output = `${root}.cpio`
  chmodSync(root, 0o755)
  for (const path of ['bin', 'dev', 'proc', 'sys', 'tmp', 'etc', 'root', 'sbin']) mkdirSync(join(root, path))
  copyFileSync(busybox, join(root, 'bin/busybox'))
  chmodSync(join(root, 'bin/busybox'), 0o755)
  for (const applet of $.sync`${busybox} --list`.lines()) {
    if (applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet))
  }
  symlinkSync('../bin/busybox', join(root, 'sbin/init'))
  const hash = $.sync`${busybox} mkpasswd -m md5 -S haoshaos secret`.text().trim()
  for (const [path, text] of Object.entries(files))
    writeFileSync(join(root, path), text.replace('$1$haos$PASSWORD', hash), {
      mode: path.startsWith('bin/') ? 0o755 : 0o644,
    })
  writeFileSync(join(root, 'init'), init, {mode: 0o755})
  $.sync({cwd: root})`find . | ${busybox} cpio -o -H newc >${output}`
  rmSync(root, {recursive: true})
  return output
}
