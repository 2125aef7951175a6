import {Flags} from '@oclif/core'
import {HaosError} from '#dsl'
import {type Diagnosis, defaultStoreDirectory, diagnose, Toolbox} from '#engine'
import {type ExplainedKernel, explainProjects} from '#image'
import {sourceTools} from '#sources'
import {allTools} from '#tools'
import {ProjectCommand, projectsFlags} from '../project-command.ts'
import {renderKernel} from '../render-kernel.ts'

export default class Doctor extends ProjectCommand {
  static override summary = 'List every tool with its version, its purpose, and how to install it.'
  static override description =
    'Inspects this machine and installs nothing. Also shows what the kernel of the recipe lacks of what Kubernetes needs, if there is a recipe and its packages are in the store, which keeps what is read of them. Exits with status 4 if a tool that a build needs is missing or too old.'
  static override examples = [
    {description: 'As a table', command: '<%= config.bin %> doctor'},
    {description: 'For a program', command: '<%= config.bin %> doctor --json'},
  ]
  static override flags = {
    ...projectsFlags,
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
    const kernels = await this.#explainKernels(flags)
    if (!this.jsonEnabled()) for (const line of kernels.flatMap(renderKernel)) this.log(line)
    if (!diagnosis.canBuild) process.exitCode = 4
    return {type: 'result', ...diagnosis, kernels}
  }

  /** The kernels of the recipe. A machine can be inspected without a recipe, or with one that other commands refuse. */
  async #explainKernels(flags: Parameters<Doctor['loadAll']>[0] & {readonly offline: boolean}) {
    try {
      return (await explainProjects(await this.loadAll(flags), {...this.workshop(flags), emit: () => {}}, [])).kernels
    } catch (error) {
      if (!(error instanceof HaosError)) throw error
      if (error.code !== 'RECIPE_NOT_FOUND' && !this.jsonEnabled())
        this.log(`– the kernel of the recipe is not known: ${error.message}`)
      return [] satisfies ExplainedKernel[]
    }
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
