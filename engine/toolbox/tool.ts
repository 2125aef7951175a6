import {constants} from 'node:fs'
import {access} from 'node:fs/promises'
import {delimiter, join} from 'node:path'
import {HaosError} from '#dsl'

/** An external program: its purpose, its package, and how its command line is made. */
export interface Tool<Options> {
  readonly name: string
  /** Completes "needed to …". */
  readonly purpose: string
  /** Debian package that provides it. */
  readonly package: string
  readonly minVersion?: string
  /** Arguments that make it print its version. Default: `--version`. */
  readonly versionArgs?: readonly string[]
  /** For files that are not programs, such as firmware: host paths, of which the first that exists counts. */
  readonly files?: readonly string[]
  /** Only for tests and `run`, not for a build. */
  readonly optional?: boolean
  /** It runs programs of packages or recipes, which may never end: it is ended when it prints nothing for too long. */
  readonly runsScripts?: boolean
  /** It enters namespaces where other programs than this machine's cannot be read: pinned ones do not stand for it. */
  readonly ofHost?: boolean
  /** Variables in addition to PATH, LC_ALL, TZ, SOURCE_DATE_EPOCH and E2FSPROGS_FAKE_TIME. */
  readonly env?: Readonly<Record<string, string>>
  /** The command line, pure: one option and its value per line. */
  args(options: Options): readonly string[]
}

/** Declares a tool, typed. */
export const defineTool = <Options>(tool: Tool<Options>): Tool<Options> => tool

/** Where a tool's standard streams are connected. */
export interface ToolStreams {
  readonly cwd?: string
  /** Host path that is read as standard input. */
  readonly stdin?: string
  /** Host path that standard output is written to. Without it, output goes to the step's log. */
  readonly stdout?: string
  /** Maximum size of a file in bytes, for a tool whose output depends on untrusted input. Default: unlimited. */
  readonly maxFileBytes?: number
  /** Maximum memory in bytes, for a tool with untrusted input. Default: unlimited. */
  readonly maxMemoryBytes?: number
  /** Receives each line of the output. */
  readonly onLine?: (line: string) => void
}

/** Runs a tool for a step and returns its output, unless that was redirected to a file. */
export type ToolRun = <Options>(tool: Tool<Options>, options: Options, streams?: ToolStreams) => Promise<string>

/** Search path: PATH, and Debian's directories that an ordinary user's PATH lacks. */
export const searchPath = (path = process.env['PATH'] ?? ''): string =>
  [...new Set([...path.split(delimiter).filter(Boolean), '/usr/local/sbin', '/usr/sbin', '/sbin'])].join(delimiter)

/** Finds a program on the search path; undefined if there is none. */
export async function findTool(name: string, path = searchPath()): Promise<string | undefined> {
  for (const directory of path.split(delimiter)) {
    const candidate = join(directory, name)
    try {
      await access(candidate, constants.X_OK)
      return candidate
    } catch {}
  }
  return undefined
}

/** The error for a missing tool. */
export const toolMissing = (tool: Tool<never>): HaosError =>
  new HaosError('TOOL_MISSING', `${tool.name} is needed to ${tool.purpose}, but is not installed`, {
    hint: `Install the package ${tool.package}. \`haos-build doctor\` lists every tool a build needs.`,
  })
