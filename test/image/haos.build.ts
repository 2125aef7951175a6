import {debian, defineImage, file, input, overlay, run, user} from 'haos-build'
import {base, bootMenu, nodeKernel} from 'haos-build/recipes'

/** The image of the boot tests: the packages of the quick start, with a config that leaves traces in every phase. */
export default defineImage(
  {
    /** Password of rancher, who needs one to log in on a disk. */
    password: input.text(''),
    /** Version of the image, so that one can replace another. */
    version: input.text('0.1.0'),
    /** Only packages of the release, for architectures whose updates are unreliable on mirrors. */
    release: input.flag(false),
    /** More packages, separated by blanks. */
    packages: input.text(''),
  },
  ({packages, password, release, version}) => ({
    name: 'haos',
    version,
    date: '2026-11-01',
    arch: ['amd64', 'arm64', 'arm'],
    base: debian({
      suite: 'trixie',
      ...(release && {updates: false, security: false}),
      ...(packages !== '' && {packages: packages.split(' ')}),
    }),
    kernel: nodeKernel(),
    // QEMU before 8.0 translates a program again for each address at which it is loaded. Random addresses
    // (`randomize_va_space`, proc_sys_kernel(5)) would make the start of every program several times as slow.
    // On a busy host the timer that the kernel checks at its start is late, and the kernel panics.
    boot: bootMenu({timeoutSeconds: 1, cmdline: ['norandmaps', 'no_timer_check']}),
    parts: [
      base(),
      overlay('overlay'),
      file('/usr/share/edge/owned', {text: 'by rancher\n', mode: '0640', owner: 'rancher:adm'}),
      user('ops', {
        uid: 1001,
        sshKeys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGz0Cm6y3Vt9XkQ2r5yQm3eZbR8kPq1wL7nTfUoHdJ4s ops'],
      }),
      run({
        script: 'stat -c "%a %U:%G" /usr/share/edge/owned >/usr/share/edge/script\nrm -r /usr/share/edge/removed\n',
      }),
      file('/usr/share/edge/removed/by-script', {text: ''}),
    ],
    config: {
      hostname: 'baked',
      ssh_authorized_keys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGz0Cm6y3Vt9XkQ2r5yQm3eZbR8kPq1wL7nTfUoHdJ4s edge'],
      write_files: [{path: '/etc/edge.conf', content: 'from config\n', permissions: '0640', owner: 'root:adm'}],
      init_cmd: ['echo initrd >> /run/phases'],
      boot_cmd: ['echo boot >> /run/phases'],
      run_cmd: ['echo runtime >> /run/phases'],
      haos: {
        modules: ['dummy'],
        sysctls: {'vm.swappiness': '7'},
        environment: {EDGE: 'yes'},
        ...(password !== '' && {password}),
      },
    },
  }),
)
