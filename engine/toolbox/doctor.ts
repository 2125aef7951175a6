import {installCommand, packagesOf} from './ensure-tools.ts'
import {checkHost, type HostCheck, type HostCheckOptions} from './host-checks.ts'
import {type AnyTool, isTooOld, type Toolbox} from './toolbox.ts'

/** What is known about one tool on this machine. */
export interface ToolRow {
  readonly name: string
  readonly state: 'ok' | 'missing' | 'too-old'
  readonly version?: string | undefined
  /** Host path of the program. */
  readonly path?: string | undefined
  /** Completes "needed to …". */
  readonly neededTo: string
  /** Debian package that provides it. */
  readonly package: string
  /** Not needed for a build: only for `run` and for tests. */
  readonly optional: boolean
  /** What to do; absent if nothing is to be done. */
  readonly fix?: string | undefined
}

/** `doctor`'s report on this machine. */
export interface Diagnosis {
  readonly tools: readonly ToolRow[]
  readonly host: readonly HostCheck[]
  /** Whether a build finds everything that it needs: every tool and, for a user who is not root, user namespaces. */
  readonly canBuild: boolean
  /** The one command that installs everything missing or too old; absent if nothing is. */
  readonly fix?: string | undefined
}

/** Inspects tools and machine. Changes nothing, and never fails because of its findings. */
export async function diagnose(
  tools: readonly AnyTool[],
  {toolbox, ...places}: Omit<HostCheckOptions, 'searchPath'> & {readonly toolbox: Toolbox},
): Promise<Diagnosis> {
  const rows = await Promise.all(tools.map((tool) => diagnoseTool(tool, toolbox)))
  const host = await checkHost({...places, searchPath: toolbox.path})
  const lacking = tools.filter((_, index) => rows[index]?.state !== 'ok')
  return {
    tools: rows,
    host,
    canBuild: rows.every(({state, optional}) => state === 'ok' || optional) && host.every(({state}) => state !== 'bad'),
    fix: lacking.length === 0 ? undefined : installCommand(packagesOf(lacking)),
  }
}

async function diagnoseTool(tool: AnyTool, toolbox: Toolbox): Promise<ToolRow> {
  const about = {name: tool.name, neededTo: tool.purpose, package: tool.package, optional: tool.optional ?? false}
  const found = await toolbox.find(tool)
  if (!found) return {...about, state: 'missing', fix: `install ${tool.package}`}
  const {version, path} = found
  if (!isTooOld(tool, found)) return {...about, state: 'ok', version, path}
  return {...about, state: 'too-old', version, path, fix: `upgrade ${tool.package} to ${tool.minVersion} or later`}
}
