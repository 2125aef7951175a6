import {spawnSync} from 'node:child_process'
import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {inStage0, makeFiles, reason, title} from '../../test/in-stage0.ts'
import {scratchDirectory} from '../../test/scratch.ts'

const [, ending = ''] = readFileSync(new URL('init', import.meta.url), 'utf8').split('\nmain || {')

/** Replaces mounts by copies of directories with the names of the devices. */
const mountsFrom = (devices: string) => `
disk_names() { (cd '${devices}' && echo *); }
mount_type() { [ "$1" = iso9660 ] || return; case $2 in /dev/*) set -- "$1" "${devices}/\${2#/dev/}" "$3" ;; esac; [ -d "$2" ] && rm -rf "$3" && cp -a "$2" "$3"; }
umount() { rm -rf "$1"; }
cat() { case $1 in /sys/class/block/*) echo 1 ;; *) command cat "$@" ;; esac; }
run=$PWD/run
mkdir -p "$run"
`

test.skipIf(reason)(title('if the current version is missing, the previous one runs, and that is reported'), () => {
  const system = makeFiles(scratchDirectory(), {
    'haos/1/layers': '',
    'haos/2/x': '',
    'haos/current': '-> 2',
    'haos/previous': '-> 1',
  })
  expect(inStage0(`system='${system}'; choose_version; echo "$version: $trouble"`)).toBe(
    'previous: The system "current" is not on /dev/vda1: 1 runs instead.',
  )
  const alone = makeFiles(scratchDirectory(), {'haos/1/layers': ''})
  expect(inStage0(`system='${alone}'; choose_version; echo "$version: $trouble"`)).toContain(
    '1: The system "current" is not',
  )
})

test.skipIf(reason)(title('a trial of 08 minutes does not end the shell, and with it the boot'), () => {
  expect(inStage0('modprobe() { echo "$*"; false; }; trial=08; start_watchdog')).toContain('soft_margin=480')
})

test.skipIf(reason)(title('an identity is on the disk before it is used'), () => {
  const root = scratchDirectory()
  const script = 'sync() { echo "synced: $(cat ".$LOCAL/machine-id")"; }; kept machine-id 0123; echo used'
  expect(inStage0(script, {cwd: root})).toBe('synced: 0123\n0123\nused')
  expect(inStage0(script, {cwd: root})).toBe('0123\nused')
})

test.skipIf(reason)(title('a kernel whose version was being put over itself has its drivers'), () => {
  const system = makeFiles(scratchDirectory(), {
    'kernel/.6.12.new/modules.squashfs': '',
    'haos/2/layers': 'packages.squashfs\n',
    'haos/current': '-> 2',
  })
  const script = `uname() { echo 6.12; }; mount_layer() { echo "\${2#'${system}/'}"; all=$1; }; run='${system}' system='${system}'; stack_layers`
  expect(inStage0(script)).toBe('kernel/.6.12.new/modules.squashfs\nhaos/current/packages.squashfs')
})

test.skipIf(reason)(
  title('on an installed system only, the previous version replaces one with a damaged layer'),
  () => {
    const system = makeFiles(scratchDirectory(), {
      'haos/1/layers': 'packages.squashfs\n',
      'haos/2/layers': 'packages.squashfs\n',
      'haos/current': '-> 2',
      'haos/previous': '-> 1',
    })
    const script = `system='${system}' run=$PWD
mount() { case $* in *previous*) ;; *) return 1 ;; esac; }
umount() { :; }
dmesg() { echo 'squashfs: damaged'; }
stack_layers || stack_other_layers; echo "$? $version: $trouble"`
    expect(inStage0(script)).toMatch(
      /could not be mounted[\s\S]*damaged\n0 previous: The system "2" on \/dev\/vda1 is damaged: 1 runs instead\.$/,
    )
    expect(inStage0(`mode=live; ${script}`)).toMatch(/\n1 current:$/)
  },
)

test.skipIf(reason)(
  title('the installed system is the one that GRUB has read, not another with the same label'),
  () => {
    const asked = (root: string) =>
      inStage0(`findfs() { echo "$1" >>asked; return 1; }; root=${root}; try_state; cat asked`).split('\n')
    expect(asked('UUID=1-2')).toEqual(['UUID=1-2'])
    expect(asked('')).toEqual(['LABEL=HAOS_STATE'])
  },
)

test.skipIf(reason)(title('of two media with the same label, the one whose menu was used is mounted'), () => {
  const devices = scratchDirectory()
  for (const build of ['a', 'b'])
    makeFiles(join(devices, `sd${build}`), {
      [`boot/id/${build}`]: '',
      'haos/system/haos/1/layers': '',
      'haos/system/haos/current': '-> 1',
    })
  for (const build of ['a', 'b'])
    expect(inStage0(`${mountsFrom(devices)}medium=${build}; try_devices; echo "$device"`)).toBe(`/dev/sd${build}`)
  expect(inStage0(`${mountsFrom(devices)}medium=c; try_devices; echo "$?"`)).toBe('1')
})

test.skipIf(reason)(title('an ISO file is found by the path from the boot loader, or by its build'), () => {
  const [devices, builds] = [scratchDirectory(), scratchDirectory()]
  for (const build of ['a', 'b']) {
    makeFiles(devices, {[`sda/isos/${build}.iso`]: build})
    makeFiles(join(builds, build), {
      [`boot/id/${build}`]: '',
      'haos/system/haos/1/layers': '',
      'haos/system/haos/current': '-> 1',
    })
  }
  // The content of a file is the name of the directory that it mounts.
  const find = (what: string) =>
    inStage0(`${mountsFrom(devices)}
mount_type() {
  case "$1 $2" in 'ext4 /dev/'*) set -- '${devices}'/"\${2#/dev/}" "$3" ;; 'iso9660 /'*) set -- '${builds}'/"$(command cat "$2")" "$3" ;; *) return 1 ;; esac
  [ -d "$1" ] && rm -rf "$2" && cp -a "$1" "$2"
}
${what}; try_iso_files; echo "\${device#"$run"}"`)
  expect(find('iso=/isos/b.iso')).toBe('/files//isos/b.iso')
  expect(find('medium=b')).toBe('/files/isos/b.iso')
  expect(find('medium=c; device=none')).toBe('none')
})

test.skipIf(reason)(
  title('a stick of copied files, which has no symlinks, has the only versions in their directories'),
  () => {
    const medium = makeFiles(scratchDirectory(), {
      'haos/system/haos/1.2/layers': 'packages.squashfs\n',
      'haos/system/kernel/6.12/vmlinuz': '',
      'haos/system/config.yaml': 'hostname: a\n',
    })
    const run = scratchDirectory()
    inStage0(`run='${run}' system='${medium}/haos/system'
mount() { cp -a "$2/." "$3"; }
link_versions`)
    expect(readFileSync(join(run, 'linked/haos/current/layers'), 'utf8')).toBe('packages.squashfs\n')
    expect(existsSync(join(run, 'linked/kernel/current/vmlinuz'))).toBe(true)
    expect(readFileSync(join(run, 'linked/config.yaml'), 'utf8')).toBe('hostname: a\n')
  },
)

const identity = [
  'var/lib/rancher/haos/machine-id',
  'var/lib/rancher/haos/hostname',
  'var/lib/ssh/ssh_host_ed25519_key',
  'var/lib/iscsi/initiatorname.iscsi',
]

test.skipIf(reason).each([
  ['another UUID of the firmware', {'var/lib/rancher/haos/machine': 'old-uuid\n'}, 'new-uuid', 0],
  ['a seal marker', {'var/lib/rancher/haos/machine': 'same\n', 'haos/system/seal': ''}, 'same', 0],
  ['the same UUID', {'var/lib/rancher/haos/machine': 'same\n'}, 'same', 4],
  ['a UUID that was never recorded', {}, 'first', 4],
  ['a firmware without a UUID', {'var/lib/rancher/haos/machine': 'old\n'}, '00000000-0000-0000-0000-000000000000', 4],
])(title('with %s, the node keeps its identity only if the disk is not a copy'), (_, files, uuid, kept) => {
  const root = makeFiles(scratchDirectory(), {...Object.fromEntries(identity.map((path) => [path, 'x'])), ...files})
  inStage0(
    `cat() { case $1 in /sys/class/dmi/*) echo '${uuid}' ;; *) command cat "$@" ;; esac; }
system=$PWD/haos/system; forget_copied_identity`,
    {cwd: root},
  )
  expect(identity.filter((path) => existsSync(join(root, path)))).toHaveLength(kept)
  expect(existsSync(join(root, 'haos/system/seal'))).toBe(false)
  const known = join(root, 'var/lib/rancher/haos/machine')
  expect(readFileSync(known, 'utf8').trim()).toBe(uuid.startsWith('0000') ? 'old' : uuid)
})

const isRoot = process.getuid?.() === 0

test.skipIf(reason !== undefined || !isRoot)(
  title('a takeover deletes names with two dots and immutable files, and reports what it cannot delete'),
  () => {
    const run = scratchDirectory()
    const state = makeFiles(join(run, 'state'), {
      'haos/system/takeover': 'reboot\n',
      '..x': '',
      '.hidden': '',
      'boot/.vmlinuz': '',
      'boot/grub/grub.cfg': '',
      'etc/fixed': '',
      usr: '',
    })
    // If the file system of the test supports it.
    spawnSync('chattr', ['+i', join(state, 'etc/fixed')])
    inStage0(`run='${run}' system='${state}/haos/system'; finish_takeover`)
    expect(readdirSync(state).sort()).toEqual(['boot', 'haos'])
    expect(readdirSync(join(state, 'boot'))).toEqual(['grub'])

    makeFiles(run, {'state/haos/system/takeover': 'reboot\n', 'state/usr': ''})
    const told = inStage0(`run='${run}' system='${state}/haos/system'
rm() { case $* in *usr*) return 1 ;; *) command rm "$@" ;; esac; }
finish_takeover; echo "$trouble"`)
    expect(told).toContain('These could not be deleted from /dev/vda1: /usr.')
  },
)

test.skipIf(reason)(title('a failed boot gives no shell on an installed system, unless the recipe allows one'), () => {
  const end = (more: string) =>
    inStage0(`shell() { echo "$1 ($2)"; }; reboot() { :; }; panic=0; ${more}\nfalse || {${ending}`)
  expect(end('mode=disk')).toContain('This system cannot be started.')
  expect(end('mode=disk')).not.toContain('sh -i')
  expect(end('mode=disk RESCUE_SHELL=yes')).toContain('sh -i')
  expect(end('mode=live')).toContain('sh -i')
})

test.skipIf(reason)(
  title('the rescue entry of an installed system asks for the password, after the configuration has set it'),
  () => {
    const steps = [
      'mount_kernel_filesystems',
      'read_cmdline',
      'load_modules',
      'find_system',
      'count_trial',
      'finish_takeover',
      'build_root',
      'keep_state',
      'keep_rancher',
      'finish_root',
      'enter',
    ]
    const boot = (mode: string, more = '') =>
      inStage0(`${steps.map((name) => `${name}() { :; }`).join('\n')}
choose_mode() { mode=${mode} stop=rescue debug=''; }
configure() { echo "configure $1"; }
shell() { echo "$2"; }
${more}
RUN=/run; main`)
    expect(boot('disk')).toMatch(/^configure initrd\nconfigure boot\n.*\/bin\/login/)
    expect(boot('disk', 'RESCUE_SHELL=yes').split('\n')).toEqual([
      expect.stringMatching(/; chroot \/sysroot \/bin\/sh -l$/),
      'configure initrd',
      'configure boot',
    ])
    expect(boot('live')).toBe(boot('disk', 'RESCUE_SHELL=yes'))
  },
)

test.skipIf(reason)(
  title('the console of a live system opens without a password, unless there is one or the recipe wants one'),
  () => {
    const fieldOf = (mode: string, field: string, files = {}) => {
      const cwd = makeFiles(scratchDirectory(), {'etc/shadow': `rancher:${field}:1::::::\n`, ...files})
      return inStage0(`mode=${mode} user=rancher; open_console; cut -d : -f 2 etc/shadow`, {cwd})
    }
    expect(fieldOf('live', '!')).toBe('')
    expect(fieldOf('live', '$6$x')).toBe('$6$x')
    expect(fieldOf('live', '!', {'etc/password-required': ''})).toBe('!')
    expect(fieldOf('disk', '!')).toBe('!')
  },
)

test.skipIf(reason)(title('the rescue shell of a live system asks for a password if the recipe requires one'), () => {
  const asks = (mode: string, files = {}) => {
    const cwd = makeFiles(scratchDirectory(), files)
    return inStage0(`mode=${mode} new=$PWD; needs_password && echo yes`, {cwd})
  }
  expect(asks('live')).toBe('')
  expect(asks('live', {'etc/password-required': ''})).toBe('yes')
  expect(asks('disk')).toBe('yes')
})
