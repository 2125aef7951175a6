import type {CommandContext} from '../cli/command-context.ts'
import {type OpenedConfigOptions, readOpenedConfig} from '../config/nodes/read-opened-config.ts'
import {openNode, type SealedNode} from '../config/nodes/sealed-node.ts'
import type {ReadConfigResult} from '../config/read-config.ts'
import {askUntil, askYesNo, Cancelled, type Terminal} from './terminal.ts'

/**
 * Reads the configuration of a machine that is to be installed. If its node is sealed and no given key opens it, asks for the key.
 *
 * Throws an Error if there is nobody to ask: a machine is never installed with the common config because its own is sealed.
 */
export function readInstallConfig(
  {host, identity}: CommandContext,
  nodeKey: string | undefined,
  terminal: Terminal | undefined,
): ReadConfigResult {
  const options: OpenedConfigOptions = {identity, phase: 'runtime', nodeKey}
  const read = readOpenedConfig(host, options)
  const {text, sealed} = read.node ?? {}
  if (sealed === undefined) return read
  if (terminal === undefined) throw new Error(`${whatOpens(sealed)}: ${read.failure ?? 'none was given'}`)
  terminal.print([text, read.failure].filter(Boolean).join(': '))
  const open = (key?: string) => openNode(host, identity, sealed, key)
  if (sealed.identity === undefined) askKey(terminal, open)
  else askPassphrase(terminal, open)
  return readOpenedConfig(host, options)
}

const whatOpens = ({identity}: SealedNode): string =>
  identity === undefined
    ? 'the config of this machine is sealed and needs a key (install.node_key, or nodes.key on a stick)'
    : 'the config of this machine is sealed with a passphrase, which only an installation with questions asks for'

function askKey({askSecret, print}: Terminal, open: (key: string) => void): void {
  const isOpen = askUntil({ask: askSecret, print}, 'Key that opens it (AGE-SECRET-KEY-…; empty to cancel): ', (key) => {
    if (key !== '') open(key)
    return key !== ''
  })
  if (!isOpen) throw new Cancelled('cancelled: nothing was changed')
}

function askPassphrase(terminal: Terminal, open: () => void): void {
  for (;;) {
    try {
      open()
      return
    } catch (error) {
      terminal.print(`  ${error instanceof Error ? error.message : error}`)
      if (!askYesNo(terminal, 'Try again?', true)) throw new Cancelled('cancelled: nothing was changed')
    }
  }
}
