import {configFilesOf} from '../config/config-files-of.ts'
import {readConfig} from '../config/read-config.ts'
import {probeDataSources} from '../data-sources/probe.ts'
import {readStored, type StoredValue} from '../data-sources/stored-values.ts'
import type {CommandContext} from './command-context.ts'

/** Queries data sources, or with `show` prints what they have delivered. Returns the exit status. */
export function metadataCommand(args: readonly string[], context: CommandContext): number {
  const {host, identity, print, printError} = context
  const [first, ...rest] = args
  if (first === 'show') {
    const stray = rest.find((arg) => arg !== '--json')
    if (stray === undefined) return show(rest.includes('--json'), context)
    printError(`${identity.name}: there is no "metadata show ${stray}"`)
    return 2
  }
  const {config} = readConfig(configFilesOf(host), {identity})
  const result = probeDataSources(host, args, {env: config.node.environment ?? {}})
  for (const problem of [...result.problems, ...result.lost]) printError(problem)
  if (result.provider !== undefined) print(`User data and keys come from ${result.provider}.`)
  return result.provider === undefined && args.length > 0 && !args.includes('auto') ? 1 : 0
}

function show(isJson: boolean, {host, identity, print, printError}: CommandContext): number {
  if ((host.lstat('/proc/self/status')?.uid ?? 0) !== 0) {
    printError(`${identity.name}: only root can read the metadata: use sudo`)
    return 1
  }
  const values = readStored(host)
  if (isJson) print(JSON.stringify(values, undefined, 2))
  else if (values.length === 0) print('No data source has delivered anything.')
  else for (const line of table(values)) print(line)
  return 0
}

function table(values: readonly StoredValue[]): string[] {
  const rows = values.map(({name, source, value}) => [name, source, value])
  const widthOf = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0))
  const [names, sources] = [widthOf(0), widthOf(1)]
  return rows.map(
    ([name = '', source = '', value = '']) => `${name.padEnd(names)}  ${source.padEnd(sources)}  ${value}`,
  )
}
