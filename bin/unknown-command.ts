import {Errors} from '@oclif/core'
import {HaosError, nearest} from '#dsl'

/** What oclif's error for a name that no command has becomes; another error stays what it is. */
export function asUnknownCommand(error: unknown, names: readonly string[]): unknown {
  const [, typed] = error instanceof Errors.CLIError ? (/^command (.+) not found$/.exec(error.message) ?? []) : []
  if (typed === undefined) return error
  const asked = typed.replaceAll(':', ' ')
  const command = names.map((name) => name.replaceAll(':', ' ')).find((name) => asked.startsWith(`${name} `))
  if (command !== undefined) {
    return new HaosError('USAGE_INVALID', `nothing is to be done with "${asked.slice(command.length + 1)}"`, {
      hint: `Leave it out, or run \`haos-build ${command} --help\` to see what it takes.`,
    })
  }
  const near = nearest(typed, names)?.replaceAll(':', ' ')
  return new HaosError('USAGE_INVALID', `there is no command "${asked}"`, {
    hint: near === undefined ? 'Run `haos-build --help` to see all commands.' : `Did you mean \`haos-build ${near}\`?`,
  })
}
