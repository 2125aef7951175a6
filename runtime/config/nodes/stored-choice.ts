import type {Identity} from '#dsl'
import {type Host, mkdirAll} from '../../host/host.ts'
import type {NodeChoice} from './own-node.ts'

const file = ({runDir}: Identity): string => `${runDir}/node`

/** Keeps the choice among the configs of many nodes for `config status`. Does nothing on a system without them. */
export function storeNodeChoice(host: Host, identity: Identity, choice: NodeChoice | undefined): void {
  if (choice === undefined) return
  mkdirAll(host, identity.runDir)
  host.write(file(identity), `${choice.text}\n`, {mode: 0o644})
}

/** The choice of the phase that was applied last, as a line for a person. */
export const storedNodeChoice = (host: Host, identity: Identity): string | undefined =>
  host.read(file(identity))?.trimEnd()
