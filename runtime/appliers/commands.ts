import {type Applier, defineApplier, nonEmpty} from '../apply/applier.ts'
import {renderStatus} from '../host/host.ts'

/**
 * Runs the shell commands of a phase, in order.
 *
 * The first failing command ends the list, because later ones may rely on it. The message gives its index instead of
 * its text, which may hold a secret.
 */
export const commands = (key: 'init_cmd' | 'boot_cmd' | 'run_cmd'): Applier =>
  defineApplier({
    name: key,
    keys: [key],
    select: (config) => nonEmpty(config[key]),
    apply(list, node) {
      for (const [index, command] of list.entries()) {
        const {status} = node.host.run(['sh', '-c', command], {env: node.environment, output: 'inherit'})
        if (status === 0) continue
        node.report({
          path: node.item(key, index),
          message: `${renderStatus(status)}${index + 1 < list.length ? '; the commands after it were not run' : ''}`,
        })
        break
      }
      return 'changed'
    },
  })
