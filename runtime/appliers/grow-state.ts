import {systemPaths} from '#layout'
import type {Applier} from '../apply/applier.ts'
import {type Host, renderStatus} from '../host/host.ts'

/**
 * Grows the state partition and its file system to the end of the disk if the marker `growpart` exists.
 *
 * The installer and disk images create the marker. It is removed last, and growing to the current size has no effect:
 * an interrupted growth continues at the next boot.
 */
export const growState: Applier = {
  name: 'grow-state',
  keys: [],
  apply(_, {host, identity}) {
    const {growMarker: marker} = systemPaths(identity)
    if (host.lstat(marker) === undefined) return undefined
    const device = findDevice(host, `${identity.runDir}/state`)
    if (device === undefined) return undefined
    const number = (host.read(`/sys/class/block/${device.name}/partition`) ?? '').trim()
    if (number !== '') growPartition(host, device, number)
    succeed(host, ['resize2fs', device.path])
    host.remove(marker)
    host.run(['sync'])
    return 'changed'
  },
}

interface Device {
  readonly path: string
  readonly name: string
}

/** The device of a writable ext4 mount, by its mount point (proc_pid_mounts(5)). */
function findDevice(host: Host, at: string): Device | undefined {
  for (const line of (host.read('/proc/self/mounts') ?? '').split('\n')) {
    const [path = '', where, type, options = ''] = line.split(' ')
    if (where === at && type === 'ext4' && options.split(',').includes('rw'))
      return {path, name: path.slice(path.lastIndexOf('/') + 1)}
  }
  return undefined
}

/** The last partition only: one followed by others cannot grow, and sfdisk leaves it unchanged. */
function growPartition(host: Host, {path, name}: Device, number: string): void {
  const disk = host.run(['lsblk', '--noheadings', '--nodeps', '--paths', '--output', 'PKNAME', path]).stdout.trim()
  if (disk === '') throw new Error(`the disk of ${name} was not found`)
  // `, +`: the same start, all free space (sfdisk(8)). The disk is in use, so partx informs the kernel.
  succeed(host, ['sfdisk', '--quiet', '--force', '--no-reread', '--no-tell-kernel', '-N', number, disk], ', +\n')
  succeed(host, ['partx', '--update', '--nr', number, disk])
}

function succeed(host: Host, argv: readonly string[], stdin?: string): void {
  const result = host.run(['sh', '-c', 'exec "$@" 2>&1', 'sh', ...argv], stdin === undefined ? {} : {stdin})
  if (result.status !== 0)
    throw new Error(`the disk could not be grown: ${argv[0]} ${renderStatus(result.status)} ${result.stdout.trim()}`)
}
