import type {GuestForward, NetworkOptions} from '../machine-options.ts'

/** The arguments for a network card on QEMU's user network, or for none. Pure. */
export function networkArguments(network: NetworkOptions | false): string[] {
  if (network === false) return ['-nic', 'none']
  const {forward = [], guestForward = [], restrict = false, subnet, model = 'virtio-net-pci', mac} = network
  const user = [
    'user',
    'id=net0',
    ...(subnet === undefined ? [] : [`net=${subnet}`]),
    ...(restrict ? ['restrict=on'] : []),
    // Port 0 lets the kernel choose a free one, without the race of choosing one here.
    ...forward.map(({guestPort, hostPort = 0}) => `hostfwd=tcp:127.0.0.1:${hostPort}-:${guestPort}`),
    ...guestForward.map(renderGuestForward),
  ]
  // Without its option ROM the card is no boot device: firmware would try the network for minutes.
  const card = [model, 'netdev=net0', 'romfile=', ...(mac === undefined ? [] : [`mac=${mac}`])]
  return ['-netdev', user.join(','), '-device', card.join(',')]
}

/** Connects QEMU's end of a guest's connection with a TCP port of this host. */
const relay =
  'const s=require("net").connect(+process.argv[1]);s.on("error",()=>process.exit(1));process.stdin.pipe(s).pipe(process.stdout)'

/**
 * One address for the guest.
 *
 * `guestfwd` to a host address would connect once, when QEMU starts; a command is run for each connection. QEMU splits
 * it as a shell does, and reads a doubled comma as a comma.
 */
const renderGuestForward = ({address, port, hostPort}: GuestForward): string => {
  const command = `'${process.execPath}' -e '${relay}' ${hostPort}`
  return `guestfwd=tcp:${address}:${port}-cmd:${command.replaceAll(',', ',,')}`
}

/** Reads the forwarded ports from the answer to `info usernet`. */
export function parseForwardedPorts(answer: string): Map<number, number> {
  const ports = new Map<number, number>()
  for (const [, hostPort, guestPort] of answer.matchAll(/TCP\[HOST_FORWARD\]\s+\d+\s+\S+\s+(\d+)\s+\S+\s+(\d+)/g)) {
    ports.set(Number(guestPort), Number(hostPort))
  }
  return ports
}
