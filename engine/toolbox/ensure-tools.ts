import {dirname} from 'node:path'
import {execa} from 'execa'
import {HaosError, shellQuote} from '#dsl'
import type {EmitEvent} from '../run/events.ts'
import {makeDirectory} from '../store/make-directory.ts'
import {findTool} from './tool.ts'
import {type AnyTool, isTooOld, type Toolbox} from './toolbox.ts'

export interface EnsureToolsOptions {
  readonly toolbox: Toolbox
  /** Whether missing tools may be installed, which requires root and apt. */
  readonly install: boolean
  /** Host path of the log of apt. */
  readonly log: string
  readonly emit: EmitEvent
  readonly signal: AbortSignal
  /** User id. Default: the user of this process. */
  readonly uid?: number | undefined
}

/**
 * Makes sure that all tools are installed and new enough, before the first step runs.
 *
 * Installs missing tools through apt if it may, and otherwise fails with TOOL_MISSING, naming all tools at once
 * and the one command that installs them. If nothing is missing it runs no program.
 */
export async function ensureTools(tools: readonly AnyTool[], options: EnsureToolsOptions): Promise<void> {
  const {toolbox, install, log, emit, signal, uid = process.getuid?.()} = options
  const lacking = await findLacking(tools, toolbox)
  if (lacking.length === 0) return
  const aptGet = await findTool('apt-get', toolbox.path)
  if (!install || uid !== 0 || aptGet === undefined) throw lackingError(lacking, installHint(lacking, uid))

  emit({type: 'note', message: `installs ${packagesOf(lacking).join(', ')} with apt (log: ${log})`})
  const output = await installPackages(packagesOf(lacking), {aptGet, path: toolbox.path, log})
  if (signal.aborted) {
    throw new HaosError('INTERRUPTED', 'interrupted while apt was running', {hint: 'Run the same command again.'})
  }
  toolbox.refresh()
  const still = await findLacking(lacking, toolbox)
  if (still.length > 0) throw lackingError(still, `Find out what apt lacks: ${installHint(still, uid)}`, {output, log})
}

/** The command that installs Debian packages. */
export const installCommand = (packages: readonly string[], uid = process.getuid?.()): string =>
  `${uid === 0 ? '' : 'sudo '}apt-get install --no-install-recommends ${packages.map(shellQuote).join(' ')}`

/** Debian packages that provide some tools, sorted, each once. */
export const packagesOf = (tools: readonly AnyTool[]): string[] =>
  [...new Set(tools.map((tool) => tool.package))].sort()

const installHint = (tools: readonly AnyTool[], uid: number | undefined): string =>
  `Run \`${installCommand(packagesOf(tools), uid)}\`; \`haos-build doctor\` lists every tool.`

async function findLacking(tools: readonly AnyTool[], toolbox: Toolbox): Promise<AnyTool[]> {
  const found = await Promise.all(tools.map((tool) => toolbox.find(tool)))
  return tools.filter((tool, index) => {
    const there = found[index]
    return there === undefined || isTooOld(tool, there)
  })
}

function lackingError(tools: readonly AnyTool[], hint: string, details = {}): HaosError {
  const problems = tools.map((tool) => ({
    path: tool.name,
    message: `is needed${tool.minVersion === undefined ? '' : ` from version ${tool.minVersion} on`} to ${tool.purpose}`,
  }))
  const names = [...new Set(tools.map(({name}) => name))].join(', ')
  const message = `${names} ${tools.length === 1 ? 'is' : 'are'} not installed, or too old`
  return new HaosError('TOOL_MISSING', message, {hint, problems, ...details})
}

/**
 * Runs apt-get and returns the end of its output; callers look for the tools again to see whether it helped.
 *
 * It updates the package lists only if installing fails: a new machine has none, and old ones name packages that
 * the mirror no longer has. It ignores an abort, because a killed dpkg leaves the machine half configured.
 */
async function installPackages(
  packages: readonly string[],
  {aptGet, path, log}: {readonly aptGet: string; readonly path: string; readonly log: string},
): Promise<string> {
  await makeDirectory(dirname(log))
  const apt = async (...words: string[]) => {
    const logged = {file: log, append: true}
    return execa(aptGet, ['-q', '-o', 'DPkg::Lock::Timeout=600', '-o', 'Acquire::Retries=3', ...words], {
      // The rest of the environment stays: a proxy may be set there.
      env: {PATH: path, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive'},
      stdin: 'ignore',
      stdout: ['pipe', logged],
      stderr: ['pipe', logged],
      all: true,
      reject: false,
      cleanup: false,
    })
  }
  const install = () => apt('install', '--yes', '--no-install-recommends', '-o', 'Dpkg::Use-Pty=0', ...packages)
  let result = await install()
  if (result.failed) {
    const update = await apt('update')
    result = await install()
    if (result.failed) return lastLines(`${update.all}\n${result.all}`)
  }
  return lastLines(result.all)
}

const lastLines = (text: string): string => text.trimEnd().split('\n').slice(-20).join('\n')
