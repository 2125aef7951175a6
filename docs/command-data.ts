import {dirname} from 'node:path'
import {fileURLToPath} from 'node:url'
import {type Command, Config, settings, toConfiguredId} from '@oclif/core'

/** A flag of a command, as a reference describes it. */
export interface FlagData {
  readonly name: string
  readonly char: string | undefined
  /** Its value, or the choices; undefined for a switch. */
  readonly value: string | readonly string[] | undefined
  readonly fallback: string | undefined
  readonly summary: string
}

/** A command, as a reference describes it. */
export interface CommandData {
  /** As users type it. */
  readonly name: string
  /** Its arguments, as in a usage line. */
  readonly words: readonly string[]
  readonly summary: string | undefined
  readonly description: string | undefined
  readonly args: readonly {readonly name: string; readonly description: string}[]
  /** Flags of its own. */
  readonly flags: readonly FlagData[]
  readonly examples: readonly {readonly description: string | undefined; readonly command: string}[]
}

/** Reads oclif's data about the commands, and about the flags of every command. */
export async function loadCommands(): Promise<{
  readonly commands: readonly CommandData[]
  readonly common: readonly FlagData[]
}> {
  settings.enableAutoTranspile = false
  const config = await Config.load(dirname(dirname(fileURLToPath(import.meta.url))))
  const commands = config.commands.filter(({hidden}) => !hidden).sort((a, b) => (a.id < b.id ? -1 : 1))
  const common = Object.values(commands.find(({id}) => id === 'iso')?.flags ?? {}).filter(isCommon)
  return {commands: commands.map((command) => dataOf(command, config)), common: flagsOf(common)}
}

function dataOf(command: Command.Loadable, config: Config): CommandData {
  const {id, summary, description, args, flags, strict, examples = []} = command
  const name = toConfiguredId(id, config)
  const fill = (text: string) => text.replaceAll('<%= config.bin %>', config.bin).replaceAll('<%= command.id %>', name)
  return {
    name,
    words: Object.values(args).map((arg) => {
      const word = arg.name.toUpperCase() + (strict ? '' : '…')
      return arg.required ? word : `[${word}]`
    }),
    summary: summary && fill(summary),
    description: description && fill(description),
    args: Object.values(args).map((arg) => ({name: arg.name.toUpperCase(), description: arg.description ?? ''})),
    flags: flagsOf(Object.values(flags).filter((flag) => !isCommon(flag))),
    examples: examples.map((example) =>
      typeof example === 'string'
        ? {description: undefined, command: fill(example).replace(/^\$ /, '')}
        : {description: example.description, command: fill(example.command)},
    ),
  }
}

type Flag = Command.Loadable['flags'][string]

const isCommon = ({helpGroup}: Flag) => helpGroup === 'GLOBAL'

const flagsOf = (flags: readonly Flag[]): readonly FlagData[] =>
  flags
    .filter(({hidden}) => !hidden)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((flag) => {
      const {name, char, type, description = '', summary = description} = flag
      const option = type === 'option' ? flag : undefined
      return {
        name,
        char,
        value: option && (option.options ?? option.helpValue?.toString() ?? 'VALUE'),
        fallback: option?.default === undefined ? undefined : [option.default].flat().join(' '),
        summary,
      }
    })
