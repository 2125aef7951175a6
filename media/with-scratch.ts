import {mkdtemp, readdir, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {HaosError} from '#dsl'
import {belongsToLiving, runTool, type ToolRun, workName} from '#engine'
import type {RemasterTools} from './medium.ts'

/** Makes what runs tools at a time, in seconds since 1970: the one that they write. */
export type ToolAt = (epoch: number) => ToolRun

const prefix = 'haos-remaster-'

/** Works with tools and a directory that only this user can read, and that is gone afterwards: it may hold secrets. */
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

/** Log and working directory of a tool are gone when its error is read. */
function withoutScratch(error: unknown): unknown {
  if (!(error instanceof HaosError) || error.details.log === undefined) return error
  const {code, message, details} = error
  const {log: _, command: __, ...rest} = details
  const hint =
    code === 'DISK_FULL'
      ? `Free space in ${tmpdir()} and where the output goes, or set TMPDIR to a directory elsewhere.`
      : 'Above is what it said last. If the medium is whole and there is space enough, this is a fault of haos-build: report it.'
  return new HaosError(code, message, {...rest, hint})
}

/** Removes what killed processes left behind; one that still runs has a process. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    if (!name.startsWith(prefix) || belongsToLiving(name.slice(prefix.length))) continue
    // It may be another user's.
    await rm(join(tmpdir(), name), {recursive: true, force: true}).catch(() => {})
  }
}
