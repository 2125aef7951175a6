import {type Host, mkdirAll} from '../host/host.ts'
import {networkFiles} from '../network/network-files.ts'

/** Remembers which devices the phase boot has searched for media: the driver of a drive may be loaded only after it. */
export function noteSearched(host: Host): void {
  mkdirAll(host, networkFiles.directory)
  host.write(networkFiles.searched, devicesOf(host))
}

/** Whether there are other devices than the phase boot has searched. Once: a disc that is put in later changes no link. */
export function hasLateMedia(host: Host): boolean {
  const searched = host.read(networkFiles.searched)
  if (searched === undefined) return false
  host.remove(networkFiles.searched)
  return searched !== devicesOf(host)
}

/** With their sizes, because an empty drive gets one with a disc. */
const devicesOf = (host: Host): string =>
  (host.list('/sys/class/block') ?? [])
    .toSorted()
    .map((name) => `${name} ${host.read(`/sys/class/block/${name}/size`)?.trim() ?? ''}\n`)
    .join('')
