import {fetchWithRetries} from '../../fetch/fetch-with-retries.ts'
import type {Host} from '../../host/host.ts'
import {decodeUtf8} from '../../text/utf8.ts'
import {type Media, withMedium} from '../medium.ts'
import {member, textMember} from '../members.ts'
import type {AskOptions, CloudData, Provider} from '../provider.ts'
import {readDocument} from '../read-document.ts'
import {fromDrive} from './openstack.ts'
import {readSeed, type Seed} from './seed.ts'
import {keysIn} from './vmware.ts'

type Read = (name: string) => Uint8Array | undefined

/** NoCloud of cloud-init: files on a medium with its label, or below a URL that the kernel command line or the firmware names. */
export const nocloud: Provider = {
  name: 'nocloud',
  ask(_, host, options) {
    const seed = readSeed(host)
    if (seed?.from !== undefined) return fromSeed(host, seed, seed.from, options)
    const data = fromMedium(host, options.media)
    return seed === undefined ? data : named(data ?? {}, seed)
  },
  askLocally: (host, media) => (readSeed(host)?.from === undefined ? fromMedium(host, media) : undefined),
}

const fromMedium = (host: Host, media: Media): CloudData | undefined =>
  withMedium(host, media.find('cidata'), readFiles)

/** Proxmox VE: NoCloud, or a config drive with `citype=configdrive2`. */
export const proxmox: Provider = {
  name: 'proxmox',
  ask: (web, host, options) => nocloud.ask(web, host, options) ?? fromDrive(host, options.media),
  askLocally: (host, media) => fromMedium(host, media) ?? fromDrive(host, media),
}

/** A medium in a drive, or a disk with the label of cloud-init's NoCloud. */
export const cdrom: Provider = {
  name: 'cdrom',
  ask: (_, host, {media}) => fromDrives(host, media),
  askLocally: fromDrives,
}

function fromDrives(host: Host, media: Media): CloudData | undefined {
  for (const device of devices(host, media)) {
    const found = withMedium(host, device, readFiles)
    if (found !== undefined) return found
  }
  return undefined
}

/** A labelled medium before any other in a drive, which may be the boot medium. */
const devices = (host: Host, media: Media): string[] => [
  ...new Set([
    ...[media.find('cidata')].filter((device) => device !== undefined),
    ...(host.list('/dev') ?? []).filter((name) => /^sr\d+$/.test(name)).map((name) => `/dev/${name}`),
  ]),
]

const named = (data: CloudData, {hostname, instance}: Seed): CloudData => ({
  ...data,
  ...(hostname !== undefined && {hostname, isLocalHostname: true}),
  facts: {...data.facts, ...(instance !== undefined && {instance_id: instance})},
})

/** The files below a URL or a directory. */
function fromSeed(host: Host, seed: Seed, from: string, {env}: AskOptions): CloudData {
  const path = from.replace(/^file:\/\//, '')
  if (!path.startsWith('/') && !/^https?:\/\//i.test(from))
    throw new Error(`ds=nocloud names ${from}: it must be an http or https URL, or a directory`)
  const shared = {retries: 0}
  const read: Read = (name) => {
    if (path.startsWith('/')) return host.readBytes(path + name)
    try {
      return fetchWithRetries(host, from + name, {tries: 10, env, shared})
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      // Which files there are is told by the server alone.
      if (/answered 4(?:03|04|10)$/.test(reason)) return undefined
      throw new Error(`${name} of nocloud could not be fetched: ${reason}`)
    }
  }
  const data = readFiles(read)
  if (data === undefined) throw new Error(`${from} has neither user-data nor meta-data`)
  return named(data, seed)
}

function readFiles(read: Read): CloudData | undefined {
  const userdata = read('user-data') ?? read('config')
  const file = read('meta-data')
  if (userdata === undefined && file === undefined) return undefined
  const metadata = file === undefined ? undefined : readDocument(decodeUtf8(file))
  const [vendordata, network] = [read('vendor-data'), read('network-config')]
  return {
    userdata: userdata?.length === 0 ? undefined : userdata,
    vendordata: vendordata?.length === 0 ? undefined : vendordata,
    hostname: textMember(metadata, 'local-hostname') ?? textMember(metadata, 'hostname'),
    isLocalHostname: true,
    keys: keysIn(member(metadata, 'public-keys') ?? member(metadata, 'public_keys')),
    facts: {instance_id: textMember(metadata, 'instance-id')},
    ...(network !== undefined &&
      network.length > 0 && {network: {format: 'network-config', text: decodeUtf8(network)}}),
  }
}
