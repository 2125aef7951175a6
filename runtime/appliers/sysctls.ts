import {defineApplier, inSection, outcomeOf, reasonOf} from '../apply/applier.ts'
import type {Host} from '../host/host.ts'

/** Sets kernel parameters, as sysctl(8) names them. */
export const sysctls = defineApplier({
  name: 'sysctls',
  keys: ['.sysctls'],
  select: (config) => (Object.keys(config.node.sysctls ?? {}).length > 0 ? config.node.sysctls : undefined),
  apply(wanted, node) {
    let changed = false
    for (const [key, value] of Object.entries(wanted)) {
      const path = inSection(node, `sysctls[${key}]`)
      try {
        const file = findParameter(node.host, key)
        const before = readParameter(node.host, file)
        node.host.write(file, value, {inPlace: true})
        changed ||= before === undefined || fields(before) !== fields(value)
      } catch (error) {
        node.report({path, message: `could not be set: ${reasonOf(error)}`, hint: 'Look it up with `sysctl -a`.'})
      }
    }
    return outcomeOf(changed)
  },
})

/** Undefined if it cannot be read: some parameters are write-only, such as net.ipv4.route.flush. */
function readParameter(host: Host, file: string): string | undefined {
  try {
    return host.read(file)
  } catch {
    return undefined
  }
}

/**
 * The file of a parameter. Dots and slashes are both separators; the first one decides what the other stands for
 * (sysctl.d(5)), so that `net/ipv4/conf/eth0.100/mtu` and `net.ipv4.conf.eth0/100.mtu` name the same parameter.
 */
function findParameter(host: Host, key: string): string {
  if (!/^[^./]+(?:[./][^./]+)*$/.test(key)) throw new Error('is not the name of a kernel parameter')
  const swapped = /^[^./]+\//.test(key) ? key : key.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'))
  const exact = `/proc/sys/${swapped}`
  return host.lstat(exact) === undefined ? `/proc/sys/${key.replaceAll('.', '/')}` : exact
}

/** The kernel prints tabs where it accepts blanks. */
const fields = (value: string): string => value.trim().split(/\s+/).join(' ')
