import {mkdtemp, readdir, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {HaosError} from '#dsl'
import {belongsToLiving, runTool, type ToolRun, workName} from '#engine'
import type {RemasterTools} from './medium.ts'

/** Returns a runner of tools with a fixed timestamp for the files that they write, in seconds since 1970. */
export type ToolAt = (epoch: number) => ToolRun

const prefix = 'haos-remaster-'

/** Provides tools and a directory that only this user can read, removed afterwards: it may contain secrets. */
export async function withScratch<Result>(
  {toolbox, signal}: RemasterTools,
  work: (scratch: string, toolAt: ToolAt) => Promise<Result>,
): Promise<Result> {
  await removeLeftovers()
  const scratch = await mkdtemp(join(tmpdir(), `${prefix}${workName('scratch')}-`))
  const log = join(scratch, 'log')
  const toolAt: ToolAt = (epoch) => (tool, options, streams) =>
    runTool(tool, options, {toolbox, scratch, epoch, signal, log, ...streams})
  try {
    return await work(scratch, toolAt)
  } catch (error) {
    throw withoutScratch(error)
  } finally {
    await rm(scratch, {recursive: true, force: true})
  }
}

/** Drops log and command, whose files are already removed when the error is shown. */
function withoutScratch(error: unknown): unknown {
  if (!(error instanceof HaosError) || error.details.log === undefined) return error
  const {code, message, details} = error
  const {log: _, command: __, ...rest} = details
  const hint =
    code === 'DISK_FULL'
      ? `Free space in ${tmpdir()} and where the output goes, or set TMPDIR to a directory elsewhere.`
      : 'The last lines are above. If the medium is undamaged and there is enough space, this is a bug in haos-build: report it.'
  return new HaosError(code, message, {...rest, hint})
}

/** Removes directories of killed processes. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    if (!name.startsWith(prefix) || belongsToLiving(name.slice(prefix.length))) continue
    // It may belong to another user.
    await rm(join(tmpdir(), name), {recursive: true, force: true}).catch(() => {})
  }
}
