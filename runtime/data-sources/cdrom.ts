import type {Host} from '../host/host.ts'
import {decodeUtf8} from '../text/utf8.ts'
import {findLabelled, withMedium} from './medium.ts'
import type {CloudData, Provider} from './provider.ts'

/** A medium in a drive, or a disk with the label of cloud-init's NoCloud. ISO 9660 and FAT. */
export const cdrom: Provider = {
  name: 'cdrom',
  ask(_, host) {
    for (const device of devices(host)) {
      const found = withMedium(host, device, (read) => cloudData(read))
      if (found !== undefined) return found
    }
    return undefined
  },
}

/** A labelled medium before any other in a drive, which may be the boot medium. */
const devices = (host: Host): string[] => [
  ...new Set([
    ...[findLabelled(host, 'cidata')].filter((device) => device !== undefined),
    ...(host.list('/dev') ?? []).filter((name) => /^sr\d+$/.test(name)).map((name) => `/dev/${name}`),
  ]),
]

function cloudData(read: (path: string) => Uint8Array | undefined): CloudData | undefined {
  const userdata = read('user-data') ?? read('config')
  const metadata = read('meta-data')
  if (userdata === undefined && metadata === undefined) return undefined
  const text = metadata === undefined ? '' : decodeUtf8(metadata)
  return {
    userdata,
    hostname: field(text, 'local-hostname') ?? field(text, 'hostname'),
    isLocalHostname: true,
    keys: [...text.matchAll(/^\s*-\s+["']?((?:ssh|ecdsa|sk-)[^"'\n]+)/gm)].map(([, key = '']) => key.trim()),
    facts: {instance_id: field(text, 'instance-id')},
  }
}

/** A field of `meta-data`, which is YAML of one level (cloud-init, NoCloud). */
const field = (text: string, name: string): string | undefined =>
  new RegExp(`^${name}:[ \\t]*["']?([^"'#\\s][^"'#\\n]*?)["']?\\s*(?:#.*)?$`, 'm').exec(text)?.[1]
