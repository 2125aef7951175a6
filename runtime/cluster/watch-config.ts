import type {CommandContext} from '../cli/command-context.ts'
import {configWatcher} from './config-watcher.ts'
import {nodeHost} from './node-host.ts'
import {nodeObject} from './node-object.ts'

const everySeconds = 5

/**
 * Keeps the configuration of a node in line with a ConfigMap and a Secret that are mounted in this pod. Never ends; the cluster ends it.
 */
export function watchConfigCommand(argv: readonly string[], context: CommandContext): number {
  const {host, identity, print, printError} = context
  const given = Object.fromEntries(
    argv.map((word) => /^--(config|secret|host)=(\/.*)$/.exec(word)?.slice(1) ?? [word, '']),
  )
  const {config, secret, host: root, ...others} = given
  const name = host.env('NODE_NAME')
  if (!config || !secret || !root || !name || Object.keys(others).length > 0) {
    printError(
      `${identity.name}: this runs in a pod: NODE_NAME=NAME ${identity.name} watch-config --config=DIRECTORY --secret=DIRECTORY --host=DIRECTORY`,
    )
    return 2
  }
  const node = nodeHost(host, root)
  const object = nodeObject(node, identity, name)
  const look = configWatcher({pod: host, mounts: {config, secret}, node, object, identity, name, print})
  for (;;) {
    look()
    host.sleep(everySeconds * 1000)
  }
}
