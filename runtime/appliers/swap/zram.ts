import {type Applier, inSection, type Node, type Outcome} from '../../apply/applier.ts'
import {mkdirAll} from '../../host/host.ts'
import {disableSwap, enableSwap, findSwap, parseSize, run, warnOfKubelet} from './swap-area.ts'

const device = '/dev/zram0'
const attributes = '/sys/block/zram0'
/** Above any other swap, which is slower. */
const usualPriority = '100'

/**
 * Sets up swap in compressed memory (Linux, admin-guide/blockdev/zram), and removes it once the config has none.
 *
 * A device that this program did not set up stays as it is.
 */
export const zram: Applier = {
  name: 'zram',
  keys: ['.zram'],
  apply(config, node) {
    const {host} = node
    const {zram: wanted} = config.node
    const size = parseSize(wanted?.size ?? '', memoryBytes(node))
    const isOwn = host.lstat(record(node)) !== undefined
    if (size === undefined && !isOwn) return undefined
    if (size !== undefined) warnOfKubelet(config, node, inSection(node, 'zram'))
    const priority = wanted?.priority || usualPriority
    const settings = `${size} ${priority} ${wanted?.algorithm ?? ''}\n`
    if (isOwn && host.read(record(node)) === settings && findSwap(host, device) !== undefined) return 'unchanged'
    if (isOwn) {
      disableSwap(host, device)
      host.write(`${attributes}/reset`, '1', {inPlace: true})
      host.remove(record(node))
    }
    return size === undefined ? 'changed' : setUp(node, {size, priority, algorithm: wanted?.algorithm ?? '', settings})
  },
}

/** What was set up since the node started. */
const record = ({identity}: Node): string => `${identity.runDir}/zram`

const memoryBytes = ({host}: Node): number =>
  Number(/^MemTotal:\s*(\d+)/m.exec(host.read('/proc/meminfo') ?? '')?.[1] ?? 0) * 1024

interface Wanted {
  /** In bytes. */
  readonly size: number
  readonly priority: string
  readonly algorithm: string
  readonly settings: string
}

function setUp(node: Node, {size, priority, algorithm, settings}: Wanted): Outcome {
  const {host, identity} = node
  run(host, ['modprobe', 'zram'])
  const inUse = host.read(`${attributes}/disksize`)?.trim() ?? '0'
  if (inUse !== '0') throw new Error(`was not set up: ${device} is in use, and not by this key`)
  if (algorithm !== '') {
    const known = (host.read(`${attributes}/comp_algorithm`) ?? '').split(/[\s[\]]+/)
    if (!known.includes(algorithm)) throw new Error(`was not set up: the kernel does not know ${algorithm}`)
    host.write(`${attributes}/comp_algorithm`, algorithm, {inPlace: true})
  }
  host.write(`${attributes}/disksize`, String(size), {inPlace: true})
  mkdirAll(host, identity.runDir)
  host.write(record(node), settings)
  enableSwap(host, device, priority)
  return 'changed'
}
