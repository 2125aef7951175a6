import {HaosError, nearest} from '#dsl'

/** A mistake in a command line, in one line. */
interface Usage {
  readonly message: string
  readonly hint?: string | undefined
}

/**
 * Turns oclif's error about flags and arguments into a USAGE_INVALID; errors of unknown forms keep their text.
 *
 * oclif's errors carry no data besides their text. `flags` are those of the command.
 */
export function asUsageError(error: Error, flags: readonly string[]): HaosError {
  const text = error.message.replace(/\nSee more help with --help$/, '').replaceAll(/\s+/g, ' ')
  const usage = forms.map(([pattern, say]) => say(pattern.exec(text), flags)).find((found) => found !== undefined)
  return new HaosError('USAGE_INVALID', usage?.message ?? text, {
    hint: usage?.hint ?? 'Run it with --help to see its arguments.',
  })
}

type Say = (found: RegExpExecArray | null, flags: readonly string[]) => Usage | undefined

const form = (pattern: RegExp, say: (...groups: string[]) => Usage): [RegExp, Say] => [
  pattern,
  (found) => (found === null ? undefined : say(...found.slice(1).map((group) => group ?? ''))),
]

const forms: readonly [RegExp, Say][] = [
  form(/^Expected (?:(--[\w-]+)=)?(.*) to be one of: (.*)$/, (flag, given, options) => ({
    message: `${flag === '' ? 'the argument' : flag} cannot be "${given}"`,
    hint: choose(given, options),
  })),
  form(/^Parsing (--[\w-]+) Expected an integer but received: (.*)$/, (flag, given) => ({
    message: `${flag} must be a whole number, but is "${given}"`,
  })),
  form(
    /^Parsing (--[\w-]+) Expected an integer (greater|less) than or equal to (-?\d+) but received: (.*)$/,
    (flag, side, bound, given) => ({
      message: `${flag} must be at ${side === 'greater' ? 'least' : 'most'} ${bound}, but is ${given}`,
    }),
  ),
  form(/^Missing \d+ required args?: (\S+) (.*?)(?: Note: .*)?$/, (name, description) => ({
    message: `${name.toUpperCase()} is missing: ${description.replace(/\.$/, '')}`,
  })),
  form(/Missing required flag ([\w-]+)/, (name) => ({message: `--${name} is missing`})),
  // Without their values: a URL may hold a password.
  form(/(--[\w-]+)(?:=\S*)? cannot also be provided when using (--[\w-]+)/, (one, other) => ({
    message: `${one} and ${other} exclude each other`,
    hint: 'Leave one of them out.',
  })),
  form(/^Unexpected arguments?: (.*)$/, (words) => ({
    message: `unexpected argument "${words}"`,
    hint: 'Leave it out, or run it with --help to see its arguments.',
  })),
  [
    /^Nonexistent flags?: (\S+?)(?:,.*)?$/,
    (found, flags) => {
      const [, name = ''] = found ?? []
      const meant = nearest(
        name,
        flags.map((flag) => `--${flag}`),
      )
      return found === null ? undefined : {message: `there is no flag ${name}`, hint: meant && `Did you mean ${meant}?`}
    },
  ],
  form(/^Flag (--[\w-]+) expects (?:a value|one of these values: (.*))$/, (flag, options) => ({
    message: `${flag} needs a value`,
    hint: options === '' ? undefined : choose('', options),
  })),
  form(/^Flag (--[\w-]+) can only be specified once$/, (flag) => ({message: `${flag} may be given only once`})),
]

function choose(given: string, options: string): string {
  const meant = nearest(given, options.split(', '))
  return meant === undefined ? `Choose one of: ${options}.` : `Did you mean "${meant}"?`
}
