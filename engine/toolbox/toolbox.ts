import {readFile, stat} from 'node:fs/promises'
import {delimiter, dirname} from 'node:path'
import {execa} from 'execa'
import * as z from 'zod'
import {HaosError} from '#dsl'
import type {ToolIdentity} from '../plan/step.ts'
import {digestOfFile} from '../store/digest.ts'
import {makeDirectory} from '../store/make-directory.ts'
import {writeAtomically} from '../store/write-atomically.ts'
import {findTool, searchPath, type Tool, toolMissing} from './tool.ts'
import {compareVersions, parseVersion} from './tool-version.ts'

/** The part of a tool that is needed to find and check it, without its options. */
export type AnyTool = Tool<never>

/** A tool installed on this machine. */
export interface FoundTool extends ToolIdentity {
  /** Host path of the program. */
  readonly path: string
}

const VersionCache = z.record(z.string(), z.object({size: z.number(), mtimeMs: z.number(), version: z.string()}))
type VersionCache = z.output<typeof VersionCache>

export interface ToolboxOptions {
  /** Host path of the file that caches versions between builds. Without it, each build queries the tools again. */
  readonly cacheFile?: string
  /** Directories to search. Default: PATH and the sbin directories. */
  readonly path?: string
  /** Programs that are not this machine's: they count first, and their identity is known. Default: none. */
  readonly pinned?: PinnedTools
}

export interface PinnedTools {
  /** Host path of their directory, which precedes all others, so that they find each other. */
  readonly directory: string
  readonly programs: ReadonlyMap<string, FoundTool>
}

/**
 * The tools of a build, with their versions: this machine's, or pinned ones.
 *
 * Versions are queried once and cached by path, size and mtime of the program,
 * so that a fully cached build runs no tool.
 */
export class Toolbox {
  /** Directories to search, those of pinned programs first. */
  readonly path: string
  readonly #hostPath: string
  readonly #cacheFile: string | undefined
  readonly #pinned: PinnedTools | undefined
  readonly #found = new Map<string, Promise<FoundTool | undefined>>()
  #cache: Promise<VersionCache> | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor({cacheFile, path = searchPath(), pinned}: ToolboxOptions = {}) {
    this.#cacheFile = cacheFile
    this.#pinned = pinned
    this.#hostPath = path
    this.path = pinned === undefined ? path : `${pinned.directory}${delimiter}${path}`
  }

  /** Finds a tool that is new enough. Fails with TOOL_MISSING or TOOL_TOO_OLD. */
  async need(tool: AnyTool): Promise<FoundTool> {
    const found = await this.find(tool)
    if (!found) throw toolMissing(tool)
    if (isTooOld(tool, found)) {
      throw new HaosError('TOOL_TOO_OLD', `${tool.name} ${found.version} is older than ${tool.minVersion}`, {
        hint: `Install a newer ${tool.package}: ${tool.minVersion} is the first that can ${tool.purpose} correctly.`,
        at: found.path,
      })
    }
    return found
  }

  /** A tool's part of a step's cache key. Fails like `need`. */
  async identity(tool: AnyTool): Promise<ToolIdentity> {
    const {name, version} = await this.need(tool)
    return {name, version}
  }

  /** Finds a tool of any version; undefined if there is none. */
  find(tool: AnyTool): Promise<FoundTool | undefined> {
    const key = tool.ofHost ? `${tool.name} of the host` : tool.name
    const known = this.#found.get(key)
    if (known) return known
    const found = this.#search(tool)
    this.#found.set(key, found)
    return found
  }

  /** PATH of a tool: where it finds other programs. */
  pathFor(tool: AnyTool): string {
    return tool.ofHost ? this.#hostPath : this.path
  }

  /** Forgets where tools are, because some may have been installed since. */
  refresh(): void {
    this.#found.clear()
  }

  async #search(tool: AnyTool): Promise<FoundTool | undefined> {
    const pinned = tool.files === undefined && !tool.ofHost ? this.#pinned?.programs.get(tool.name) : undefined
    if (pinned !== undefined) return pinned
    const path = await (tool.files ? firstFile(tool.files) : findTool(tool.name, this.pathFor(tool)))
    if (path === undefined) return undefined
    const {size, mtimeMs} = await stat(path)
    this.#cache ??= loadCache(this.#cacheFile)
    const cache = await this.#cache
    const entry = cache[path]
    if (entry?.size === size && entry.mtimeMs === mtimeMs) return {name: tool.name, path, version: entry.version}
    const version =
      (tool.files ? undefined : await queryVersion(tool, path, this.pathFor(tool))) ?? (await nameOfBytes(path))
    cache[path] = {size, mtimeMs, version}
    await this.#save(cache)
    return {name: tool.name, path, version}
  }

  /** Serializes writes: each contains everything known by then, so the last one is complete. */
  #save(cache: VersionCache): Promise<void> {
    const file = this.#cacheFile
    if (file === undefined) return Promise.resolve()
    this.#writing = this.#writing.then(() => saveCache(file, cache))
    return this.#writing
  }
}

/** Whether a found tool is older than the required version. */
export const isTooOld = ({minVersion}: AnyTool, {version}: ToolIdentity): boolean =>
  minVersion !== undefined && /^\d/.test(version) && compareVersions(version, minVersion) < 0

/** A missing or damaged cache counts as empty: the tools can be queried again. */
async function loadCache(file: string | undefined): Promise<VersionCache> {
  if (file === undefined) return {}
  try {
    return VersionCache.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    return {}
  }
}

/** An unwritable cache only slows the next build, and must not stop `doctor` on a full disk. */
async function saveCache(file: string, cache: VersionCache): Promise<void> {
  try {
    await makeDirectory(dirname(file))
    await writeAtomically(file, JSON.stringify(cache))
  } catch {}
}

/**
 * Queries a program for its version.
 *
 * The exit status does not count: several tools print a version and fail (`mkfs.ext4 -V` on
 * standard error, `cpio --version` of busybox with status 1).
 */
async function queryVersion(
  {versionArgs = ['--version']}: AnyTool,
  program: string,
  path: string,
): Promise<string | undefined> {
  const {all} = await execa(program, [...versionArgs], {
    env: {PATH: path, LC_ALL: 'C'},
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    reject: false,
    timeout: 60_000,
    killDescendants: true,
  })
  return parseVersion(all)
}

/** A substitute for the version of a file that reports none. */
const nameOfBytes = async (path: string): Promise<string> => `sha256:${(await digestOfFile(path)).slice(0, 16)}`

async function firstFile(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await stat(path).catch(() => undefined)) return path
  return undefined
}
