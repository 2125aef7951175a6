/**
 * What the node's program and the services of the network tell each other. /run is empty at each boot.
 *
 * Scripts read them (recipes/base/files/usr/libexec), so their names do not depend on the product.
 */
export const networkFiles = {
  directory: '/run/node-network',
  /** The document that the service `links` applies, and what is wanted since, as JSON. */
  wanted: '/run/node-network/wanted.json',
  /** Devices that the phase boot has searched for a disc that describes links. */
  searched: '/run/node-network/searched',
  /** Which sources describe each link of the document, as JSON. */
  sources: '/run/node-network/sources.json',
  /** What was applied, as JSON. */
  applied: '/run/node-network/applied.json',
  /** Names of the links of the document, one per line: connman leaves them alone. */
  links: '/run/node-network/links',
  /** Names of the links that the boot waits for, each with the family of the address that it is to have, 4 or 6; one per line. */
  awaited: '/run/node-network/awaited',
  /** Static name servers and search domains, as resolv.conf(5). */
  resolver: '/run/node-network/resolv.conf',
  /** Settings of dhcpcd for the links that ask DHCP. */
  dhcp: '/run/node-network/dhcpcd.conf',
} as const
