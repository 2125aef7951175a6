import type {Node} from '../apply/applier.ts'
import {mkdirAll} from '../host/host.ts'

/**
 * /etc/rancher persists across boots. Files of the config must not: before one is written there, it is put on a list of
 * those that stage 0 deletes at the next boot.
 */
export function rememberWritten({host, identity}: Node, path: string): void {
  if (!path.startsWith('/etc/rancher/')) return
  const list = `${identity.localDir}/etc-rancher.written`
  const known = host.read(list) ?? ''
  if (known.split('\n').includes(path)) return
  mkdirAll(host, identity.localDir)
  host.write(list, `${known}${path}\n`, {mode: 0o600})
}
