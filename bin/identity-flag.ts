import {Flags} from '@oclif/core'
import {deriveIdentity, HaosError, type Identity} from '#dsl'

/** `--identity NAME`: the node's product. */
export const identityFlag = Flags.string({description: "Name of the node's product.", default: 'haos'})

/** The identity that a name on the command line stands for. Fails with USAGE_INVALID. */
export function parseIdentity(name: string): Identity {
  try {
    return deriveIdentity(name)
  } catch {
    throw new HaosError('USAGE_INVALID', `"${name}" cannot be the name of a product`, {
      hint: 'Use a letter and at most nine more of a-z and 0-9, such as "haos".',
    })
  }
}
