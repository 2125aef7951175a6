import type {Host} from '../../host/host.ts'
import {decodeContent} from '../../text/decode-content.ts'
import {decodeUtf8, encodeUtf8} from '../../text/utf8.ts'
import {linesOf, member, textMember, textsOf} from '../members.ts'
import {type CloudData, type Provider, UnusableSourceError} from '../provider.ts'
import {readDocument} from '../read-document.ts'

/** The programs of open-vm-tools that ask the hypervisor, in the order in which they are tried. */
const tools = [
  (key: string) => ['vmware-rpctool', `info-get ${key}`],
  (key: string) => ['vmtoolsd', '--cmd', `info-get ${key}`],
]

/** VMware: the variables `guestinfo.*` of a machine, which open-vm-tools read (cloud-init, DataSourceVMware). */
export const vmware: Provider = {
  name: 'vmware',
  ask: (_, host) => fromGuestinfo(host),
  askLocally: (host) => fromGuestinfo(host),
}

function fromGuestinfo(host: Host): CloudData | undefined {
  const ask = tools.find((tool) => host.run(tool('guestinfo.metadata'), {output: 'discard'}).status !== 127)
  if (ask === undefined)
    throw new UnusableSourceError(
      'neither vmware-rpctool nor vmtoolsd is installed: add open-vm-tools to the packages of the image',
    )
  const read = (key: string) => readVariable(host, ask, key)
  const [metadata, userdata, vendordata] = ['metadata', 'userdata', 'vendordata'].map(read)
  if (metadata === undefined && userdata === undefined && vendordata === undefined) return undefined
  return {userdata, vendordata, ...(metadata && identityIn(readDocument(decodeUtf8(metadata))))}
}

/** A variable, decoded as `guestinfo.KEY.encoding` says; undefined if it is not set, or empty. */
function readVariable(host: Host, ask: (key: string) => string[], key: string): Uint8Array | undefined {
  const get = (name: string) => {
    const {status, stdout} = host.run(['sh', '-c', 'exec "$@" 2>/dev/null', 'sh', ...ask(`guestinfo.${name}`)])
    return status === 0 ? stdout : ''
  }
  const text = get(key)
  // After a metadata service has been read, some programs leave this word instead (cloud-init, `redact`).
  if (text.trim() === '' || text.trim() === '---') return undefined
  return decode(`guestinfo.${key}`, text, get(`${key}.encoding`).trim())
}

function decode(name: string, text: string, encoding: string): Uint8Array {
  const content = decodeContent(encoding === '' ? text : text.replace(/\s/g, ''), encoding)
  if (content === undefined)
    throw new Error(`${name} has the encoding ${JSON.stringify(encoding)}: write base64, gzip+base64 or none`)
  return typeof content === 'string' ? encodeUtf8(content) : content
}

function identityIn(metadata: unknown): CloudData {
  const network = textMember(metadata, 'network')
  const keys = member(metadata, 'public-keys') ?? member(metadata, 'public_keys')
  return {
    hostname: textMember(metadata, 'local-hostname') ?? textMember(metadata, 'hostname'),
    isLocalHostname: true,
    keys: [...linesOf(textMember(metadata, 'public-keys-data')), ...keysIn(keys)],
    facts: {instance_id: textMember(metadata, 'instance-id')},
    network: networkIn(metadata, network),
  }
}

/** A list, a text of lines, or a map of either. */
export const keysIn = (keys: unknown): string[] =>
  typeof keys === 'string'
    ? linesOf(keys)
    : Array.isArray(keys)
      ? textsOf(keys).map((key) => key.trim())
      : Object.values(keys ?? {}).flatMap(keysIn)

/** As a text it is encoded as `network.encoding` says; otherwise it is a part of the document. */
function networkIn(metadata: unknown, text: string | undefined): CloudData['network'] {
  if (text !== undefined) {
    const bytes = decode('network', text, textMember(metadata, 'network.encoding') ?? '')
    return {format: 'network-config', text: decodeUtf8(bytes)}
  }
  const document = member(metadata, 'network')
  return document === undefined ? undefined : {format: 'network-config', text: JSON.stringify(document)}
}
