import type {Node} from '../apply/applier.ts'
import {type Host, mkdirAll} from '../host/host.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'

/**
 * Places the image's manifests where a server applies them (docs.k3s.io, "Auto-Deploying Manifests"). Returns whether one has changed.
 *
 * Others in the same directory stay; a file NAME.skip beside a manifest keeps the server from applying it.
 */
export function placeClusterManifests({host, identity: {kubernetes}}: Node): boolean {
  const image = `/usr/share/rancher/${kubernetes}/server/manifests`
  const server = `/var/lib/rancher/${kubernetes}/server/manifests`
  return filesBelow(host, image).reduce((changed, path) => {
    const target = `${server}/${path}`
    mkdirAll(host, target.slice(0, target.lastIndexOf('/')))
    return writeIfChanged(host, target, host.readBytes(`${image}/${path}`) ?? '', {mode: 0o600}) || changed
  }, false)
}

const filesBelow = (host: Host, directory: string): string[] =>
  (host.list(directory) ?? []).flatMap((name) =>
    host.lstat(`${directory}/${name}`)?.type === 'directory'
      ? filesBelow(host, `${directory}/${name}`).map((path) => `${name}/${path}`)
      : [name],
  )
