import type {Node} from '../../apply/applier.ts'
import {mkdirAll} from '../../host/host.ts'

const settings = '/var/lib/connman/settings'

/**
 * Lets connman set the clock, or keeps it from doing so. Returns whether that is a change.
 *
 * connman keeps the setting on the disk, so what this program turned off is remembered there, too: an administrator's own
 * choice stays. A connman that runs is told, since it rewrites the file.
 */
export function letConnmanSetTime(node: Node, isWanted: boolean): boolean {
  const {host, identity} = node
  const record = `${identity.localDir}/connman-time.off`
  const isOff = host.lstat(record) !== undefined
  if (isWanted === !isOff) return false
  if (host.list('/etc/connman') === undefined) return false
  const value = isWanted ? 'auto' : 'manual'
  if (host.lstat('/run/connman') !== undefined)
    host.run(
      [
        ...['dbus-send', '--system', '--print-reply', '--dest=net.connman', '/', 'net.connman.Clock.SetProperty'],
        ...['string:TimeUpdates', `variant:string:${value}`],
      ],
      {output: 'discard'},
    )
  else {
    mkdirAll(host, '/var/lib/connman')
    const lines = (host.read(settings) ?? '').split('\n').filter((line) => !line.startsWith('TimeUpdates='))
    const at = lines.indexOf('[global]')
    const next =
      at < 0 ? ['[global]', `TimeUpdates=${value}`, '', ...lines] : lines.toSpliced(at + 1, 0, `TimeUpdates=${value}`)
    host.write(settings, next.join('\n'), {mode: 0o600})
  }
  mkdirAll(host, identity.localDir)
  if (isWanted) host.remove(record)
  else host.write(record, '')
  return true
}
