import {redactText} from '#dsl'
import {isMime} from '../config/mime/parse-mime.ts'
import type {Host} from '../host/host.ts'
import {decodeUtf8} from '../text/utf8.ts'
import {textMember} from './members.ts'
import {directory, originsFile, parseOrigins} from './origins.ts'

/** A value that a data source has delivered. */
export interface StoredValue {
  readonly name: string
  readonly source: string
  /** What may be shown: of user data and network documents only the size and the kind. */
  readonly value: string
}

/** Documents that may hold passwords and tokens anywhere. */
const documents: ReadonlySet<string> = new Set(['userdata', 'vendordata', 'network-config', 'network_data.json'])

/** What the data sources have delivered, in the order of the names. */
export function readStored(host: Host): readonly StoredValue[] {
  const origins = parseOrigins(host.read(originsFile))
  return Object.keys(origins)
    .sort()
    .flatMap((name) => {
      const bytes = host.readBytes(`${directory}/${name}`)
      const source = textMember(origins, name)
      return bytes === undefined || source === undefined ? [] : [{name, source, value: shown(name, bytes)}]
    })
}

function shown(name: string, bytes: Uint8Array): string {
  const text = decodeUtf8(bytes)
  if (documents.has(name)) return `${kindOf(bytes, text)}, ${bytes.length} bytes`
  // Of a key, its type and comment tell which one it is.
  if (name === 'ssh/authorized_keys') return text.trim().split('\n').map(nameOfKey).join(', ')
  return redactText(text.trim())
}

function kindOf(bytes: Uint8Array, text: string): string {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'compressed'
  if (isMime(bytes)) return 'archive'
  if (text.startsWith('#!')) return 'script'
  if (text.startsWith('#cloud-config')) return 'cloud-config'
  return bytes.includes(0) ? 'program' : 'document'
}

function nameOfKey(line: string): string {
  const [, type = 'key', comment = ''] = /((?:ssh|ecdsa|sk)-\S+)\s+\S+\s*(.*)$/.exec(line) ?? []
  return `${type} ${comment}`.trim()
}
