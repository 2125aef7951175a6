/** Whether two addresses are the same, however they are written. Both may have the length of a network. */
export const isSameAddress = (one: string, other: string): boolean => expanded(one) === expanded(other)

/** IPv6 addresses with all eight groups; IPv4 addresses unchanged. */
function expanded(address: string): string {
  if (!address.includes(':')) return address
  const [plain = '', length] = address.toLowerCase().split('/')
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(plain)
  const hex = (high = '', low = '') => (Number(high) * 256 + Number(low)).toString(16)
  const text = dotted === null ? plain : `${dotted[1]}${hex(dotted[2], dotted[3])}:${hex(dotted[4], dotted[5])}`
  const [before = [], after] = text.split('::').map((half) => half.split(':').filter((group) => group !== ''))
  const missing = after === undefined ? 0 : 8 - before.length - after.length
  const groups = [...before, ...Array.from({length: Math.max(missing, 0)}, () => '0'), ...(after ?? [])]
  return [groups.map((group) => group.replace(/^0+(?=.)/, '')).join(':'), length].join('/')
}
