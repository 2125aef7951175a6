import type {ImageSpec, Part} from '#dsl'
import type {LockedPackage} from './source.ts'

/** A program through which a hypervisor communicates with a guest, and shell code that detects that hypervisor. */
interface GuestAgent {
  /** Packages that contain it, in Debian and Alpine. The service is named for the first one. */
  readonly packages: readonly string[]
  readonly description: string
  /** Paths of the program. The first that exists is started. */
  readonly programs: readonly string[]
  /** Shell code that sets `command_args`, and fails unless the machine is a guest of this hypervisor. */
  readonly choose: readonly string[]
}

const agents: readonly GuestAgent[] = [
  {
    packages: ['qemu-guest-agent'],
    description: 'Lets QEMU ask and freeze this machine',
    programs: ['/usr/sbin/qemu-ga', '/usr/bin/qemu-ga'],
    // qemu-ga(8): the port that libvirt and Proxmox VE create. Its symlink in /dev/virtio-ports may not exist yet.
    choose: [
      'name=$(grep -lxFs org.qemu.guest_agent.0 /sys/class/virtio-ports/*/name) || return 1',
      'port=${name%/name}',
      'command_args="--method=virtio-serial --path=/dev/${port##*/}"',
    ],
  },
  {
    packages: ['open-vm-tools'],
    description: 'Lets VMware ask and freeze this machine',
    programs: ['/usr/bin/vmtoolsd'],
    choose: ['grep -qs ^VMware /sys/class/dmi/id/sys_vendor'],
  },
  {
    packages: ['hyperv-daemons', 'hvtools'],
    description: 'Lets Hyper-V ask this machine for its addresses',
    programs: ['/usr/sbin/hv_kvp_daemon'],
    choose: ['command_args=-n', '[ -e /dev/vmbus/hv_kvp ]'],
  },
]

/** Services of the installed guest agents for which the recipe has no service. Each starts only on its hypervisor. */
export function guestAgentParts({parts}: ImageSpec, packages: readonly LockedPackage[]): Part[] {
  const installed = new Set(packages.map(({name}) => name))
  if (!installed.has('openrc')) return []
  const named = new Set(
    parts.flatMap((part) =>
      part.kind === 'service'
        ? [part.name]
        : part.kind === 'node' && part.node.path.startsWith('/etc/init.d/')
          ? [part.node.path.slice('/etc/init.d/'.length)]
          : [],
    ),
  )
  return agents.flatMap((agent): Part[] => {
    const [name = ''] = agent.packages
    if (named.has(name) || !agent.packages.some((item) => installed.has(item))) return []
    return [{kind: 'service', name, runlevel: 'default', script: renderService(agent), replace: true}]
  })
}

/** An agent that ends is restarted: it loses the port whenever the hypervisor restarts its side. */
const renderService = ({description, programs, choose}: GuestAgent): string => `#!/sbin/openrc-run
description="${description}"
for command in ${programs.join(' ')}; do
	[ ! -x $command ] || break
done
supervisor=supervise-daemon
pidfile=/run/$RC_SVCNAME.pid
respawn_delay=60
respawn_max=0

depend() {
	after coldplug
}

choose() {
${choose.map((line) => `\t${line}\n`).join('')}}

start() {
	choose || return 0
	default_start
}

stop() {
	[ -e "$pidfile" ] || return 0
	default_stop
}
`
