import {Errors} from '@oclif/core'
import {HaosError, nearest} from '#dsl'

/** Translates oclif's error for an unknown command; other errors stay unchanged. */
export function asUnknownCommand(error: unknown, names: readonly string[]): unknown {
  const [, typed] = error instanceof Errors.CLIError ? (/^command (.+) not found$/.exec(error.message) ?? []) : []
  if (typed === undefined) return error
  const asked = typed.replaceAll(':', ' ')
  const command = names.map((name) => name.replaceAll(':', ' ')).find((name) => asked.startsWith(`${name} `))
  if (command !== undefined) {
    return new HaosError('USAGE_INVALID', `unexpected argument "${asked.slice(command.length + 1)}"`, {
      hint: `Leave it out, or run \`haos-build ${command} --help\` to see its arguments.`,
    })
  }
  const near = nearest(typed, names)?.replaceAll(':', ' ')
  return new HaosError('USAGE_INVALID', `there is no command "${asked}"`, {
    hint: near === undefined ? 'Run `haos-build --help` to see all commands.' : `Did you mean \`haos-build ${near}\`?`,
  })
}
