/** The length of a network by its mask: 255.255.255.0 and ffff:ffff:: are masks, 24 is a length already. Default: one host. */
export function prefixLength(mask: string | undefined, address: string): number {
  if (mask === undefined || mask === '') return address.includes(':') ? 128 : 32
  if (/^\d+$/.test(mask)) return Number(mask)
  const groups = mask.split(mask.includes(':') ? ':' : '.').filter((group) => group !== '')
  const bits = groups.map((group) => Number.parseInt(group, mask.includes(':') ? 16 : 10).toString(2))
  return bits.join('').replaceAll('0', '').length
}
