import {parentOf} from '#dsl'
import {type Applier, type Node, type Outcome, outcomeOf} from '../../apply/applier.ts'
import {freeBytesAt} from '../../host/free-bytes.ts'
import {mkdirAll} from '../../host/host.ts'
import {writeIfChanged} from '../../host/write-if-changed.ts'
import {disableSwap, enableSwap, findSwap, parseSize, run, warnOfKubelet} from './swap-area.ts'

/**
 * Makes and enables swap in a file, and removes it once the config has none.
 *
 * The file stays on the disk across boots, so its path is kept beside the local config.yaml.
 */
export const swapFile: Applier = {
  name: 'swap',
  keys: ['swap'],
  apply(config, node) {
    const {host} = node
    const {swap} = config
    const former = (host.read(record(node)) ?? '').trim()
    const size = parseSize(swap?.size ?? '')
    const path = swap?.filename || `${node.identity.localDir}/swap`
    if (size === undefined && former === '') return undefined
    const isGone = former !== '' && (size === undefined || former !== path)
    if (isGone) remove(node, former)
    if (size === undefined) return 'changed'
    warnOfKubelet(config, node, 'swap')
    return outcomeOf(isGone, setUp(node, {path, size, priority: swap?.priority ?? ''}) === 'changed')
  },
}

const record = ({identity}: Node): string => `${identity.localDir}/swap.path`

function remove(node: Node, path: string): void {
  disableSwap(node.host, path)
  node.host.remove(path)
  node.host.remove(record(node))
}

interface Wanted {
  readonly path: string
  /** In bytes. */
  readonly size: number
  readonly priority: string
}

function setUp(node: Node, {path, size, priority}: Wanted): Outcome {
  const {host} = node
  const found = host.lstat(path)
  const area = findSwap(host, path)
  const isRight = found?.type === 'file' && found.sizeBytes === size
  if (isRight && area !== undefined && (priority === '' || area.priority === priority)) return 'unchanged'
  if (found !== undefined && found.type !== 'file') throw new Error(`was not set up: ${path} is not a file`)
  const isOwn = (host.read(record(node)) ?? '').trim() === path
  if (found !== undefined && !isOwn) throw new Error(`was not set up: ${path} exists, and is not swap of this key`)
  disableSwap(host, path)
  if (!isRight) {
    host.remove(path)
    mkdirAll(host, parentOf(path))
    const free = freeBytesAt(host, parentOf(path))
    if (free !== undefined && free < 2 * size)
      throw new Error(
        `was not set up: it would take more than half of the ${Math.floor(free / 2 ** 20)} MiB that are free`,
      )
    mkdirAll(host, node.identity.localDir)
    writeIfChanged(host, record(node), `${path}\n`)
    host.write(path, '', {mode: 0o600, owner: {uid: 0, gid: 0}})
    run(host, ['fallocate', '-l', String(size), path])
  }
  enableSwap(host, path, priority)
  return 'changed'
}
