import {type Host, mkdirAll} from '../host/host.ts'

/**
 * The service that composes resolv.conf from the name servers of config.yaml, DHCP and connman
 * (recipes/base/files/usr/libexec/fallback-dns).
 */
const service = 'fallback-dns'

/** Points /etc/resolv.conf at the file that the service composes, and starts the service at the next runlevel. */
export function composeResolver(host: Host): void {
  const runlevel = '/etc/runlevels/default'
  if (host.lstat(`${runlevel}/${service}`) !== undefined) return
  mkdirAll(host, runlevel)
  host.symlink(`/etc/init.d/${service}`, `${runlevel}/${service}`)
  host.remove('/etc/resolv.conf')
  host.symlink('/run/resolv.conf', '/etc/resolv.conf')
}

/** Lets a running service read its sources again. */
export const recomposeResolver = (host: Host): void => {
  host.run(['rc-service', '--nodeps', service, 'restart'], {output: 'discard'})
}
