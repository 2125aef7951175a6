import {randomBytes, randomInt} from 'node:crypto'

/** A network of several machines of this host. Pass the same value to each of them. */
export interface Lan {
  /** Multicast address of this host that carries the frames. */
  readonly group: string
  readonly port: number
}

/**
 * Makes a network for machines of this host: `boot(image, {lan})`.
 *
 * It is an Ethernet segment without DHCP, DNS and a way out: the guests set their addresses. Machines may join and leave at
 * any time. Its frames do not leave the host, and an address chosen at random (RFC 2365, local scope) separates it from others.
 */
export const makeLan = (): Lan => ({
  group: `239.255.${randomInt(256)}.${randomInt(1, 255)}`,
  port: randomInt(20_000, 60_000),
})

/** A hardware address in QEMU's range. QEMU itself gives the same ones to each machine, which works on separate networks only. */
export const makeMac = (): string => ['52', '54', '00', ...[...randomBytes(3)].map(hex)].join(':')

const hex = (byte: number) => byte.toString(16).padStart(2, '0')

/** The arguments for a card on such a network. Pure. */
export const lanArguments = ({group, port}: Lan, mac: string): string[] => [
  ...['-netdev', `socket,id=lan0,mcast=${group}:${port},localaddr=127.0.0.1`],
  // Without its option ROM the card is no boot device.
  ...['-device', `virtio-net-pci,netdev=lan0,romfile=,mac=${mac}`],
]
