import type {Identity} from '#dsl'
import {type Host, mkdirAll} from '../../host/host.ts'
import {crc32} from '../../text/crc32.ts'
import {decodeUtf8} from '../../text/utf8.ts'
import type {ConfigFiles} from '../config-files.ts'
import {configInBlock} from './read-nodes-file.ts'

/** The config of a node that only a key or a passphrase opens. */
export interface SealedNode {
  /** The file of age(1) with the block that contains the config. */
  readonly block: Uint8Array
  /** Number of the node in the whole file, from 0. */
  readonly index: number
  /** Opens the block, and is itself encrypted with a passphrase; missing if only keys open it. */
  readonly identity?: string | undefined
}

/** In memory, and readable by root only. It contains one config: a machine must not keep those of others. */
const file = ({runDir}: Identity): string => `${runDir}/opened-node.json`

const idOf = ({block, index}: SealedNode): string => `${crc32(block)} ${index}`

/** The config of a node, if it was opened since the machine was powered on. */
export function openedConfig(files: ConfigFiles, identity: Identity, sealed: SealedNode): unknown {
  const text = files.read(file(identity))
  if (text === undefined) return undefined
  // Only this program writes the file.
  const opened = JSON.parse(typeof text === 'string' ? text : decodeUtf8(text))
  return opened.id === idOf(sealed) ? opened.config : undefined
}

/**
 * Opens the config of a node, and keeps it until the machine is powered off. Throws an Error with the reason, without the key.
 *
 * Without a `key`, age(1) asks for the passphrase on the terminal: it takes a passphrase from nowhere else. The key is given to it by
 * standard input, so that neither a process list nor a file shows it.
 */
export function openNode(host: Host, identity: Identity, sealed: SealedNode, key?: string): void {
  const place = `${identity.runDir}/opening`
  if (key !== undefined && !/^AGE-SECRET-KEY-/m.test(key))
    throw new Error('this is no age key: it begins with AGE-SECRET-KEY-')
  const remove = () => host.run(['rm', '-rf', place], {output: 'discard'})
  remove()
  mkdirAll(host, identity.runDir)
  host.mkdir(place, 0o700)
  try {
    host.write(`${place}/block`, sealed.block, {mode: 0o600})
    if (key === undefined) host.write(`${place}/identity`, sealed.identity ?? '', {mode: 0o600})
    const by = key === undefined ? `${place}/identity` : '-'
    // Its own words may name a line of the key file.
    const {status} = host.run(
      ['sh', '-c', 'exec "$@" 2>/dev/null', 'sh', 'age', '-d', '-i', by, '-o', `${place}/opened`, `${place}/block`],
      key === undefined ? {} : {stdin: `${key.trim()}\n`},
    )
    if (status === 127)
      throw new Error('this image has no program `age`, which opens sealed configs: add the package to its recipe')
    const opened = status === 0 ? host.readBytes(`${place}/opened`) : undefined
    if (opened === undefined)
      throw new Error(`this ${key === undefined ? 'passphrase' : 'key'} does not open its config`)
    const config = configInBlock(opened, sealed.index)
    host.write(file(identity), JSON.stringify({id: idOf(sealed), config}), {mode: 0o600})
  } finally {
    remove()
  }
}
