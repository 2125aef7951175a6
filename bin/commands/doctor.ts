import {Flags} from '@oclif/core'
import {type Diagnosis, defaultStoreDirectory, diagnose, Toolbox} from '#engine'
import {sourceTools} from '#sources'
import {allTools} from '#tools'
import {BaseCommand} from '../base-command.ts'

export default class Doctor extends BaseCommand {
  static override summary = 'List every tool with its version, its purpose, and how to install it.'
  static override description =
    'Inspects this machine and changes nothing. Exits with status 4 if a tool that a build needs is missing or too old.'
  static override examples = [
    {description: 'As a table', command: '<%= config.bin %> doctor'},
    {description: 'For a program', command: '<%= config.bin %> doctor --json'},
  ]
  static override flags = {
    out: Flags.string({description: 'Directory for finished files.', default: 'out'}),
  }

  async run() {
    const {flags} = await this.parse(Doctor)
    const store = defaultStoreDirectory()
    const diagnosis = await diagnose([...sourceTools, ...allTools], {
      toolbox: new Toolbox(),
      store,
      out: flags.out,
    })
    if (!this.jsonEnabled()) process.stdout.write(renderDiagnosis(diagnosis))
    if (!diagnosis.canBuild) process.exitCode = 4
    return {type: 'result', ...diagnosis}
  }
}

/** A diagnosis as a table; faults are marked by a word, not by a colour. */
export function renderDiagnosis({tools, host, canBuild, fix}: Diagnosis): string {
  const rows = tools.map(({state, name, version, neededTo, optional, package: packageName}) => [
    state === 'ok' ? '✓' : optional ? '–' : '✗',
    name,
    state === 'missing' ? 'missing' : `${version ?? ''}${state === 'too-old' ? ' (too old)' : ''}`,
    `to ${neededTo}${optional ? ' (run, tests)' : ''}`,
    state === 'ok' ? '' : `package ${packageName}`,
  ])
  const checks = host.map(({state, name, found, fix}) => [
    {ok: '✓', poor: '–', bad: '✗'}[state],
    name,
    found,
    fix ?? '',
  ])
  const lacksTools = tools.some(({state, optional}) => state !== 'ok' && !optional)
  const lacks = [
    ...(lacksTools ? ['tools that are missing or too old'] : []),
    ...host.flatMap(({state, name, found}) => (state === 'bad' ? [`${name} (${found})`] : [])),
  ]
  const verdict = canBuild ? 'A build finds all that it needs.' : `A build needs ${lacks.join(', and ')}.`
  const lines = [...renderTable(rows), '', ...renderTable(checks), '', verdict]
  if (fix !== undefined) lines.push(`To install everything missing: ${fix}`)
  return `${lines.join('\n')}\n`
}

function renderTable(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
