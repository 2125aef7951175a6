import {mkdtemp, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {HaosError} from '#dsl'
import {runTool, type Toolbox, xorrisoRewrite} from '#engine'

/** What is to be added to a disc. */
export interface DiscAdditions {
  /** Host path and absolute disc path. */
  readonly files: readonly {readonly from: string; readonly to: string}[]
  readonly texts: readonly {readonly path: string; readonly text: Uint8Array; readonly mode: string}[]
}

/** Writes a disc anew with more files; it goes on booting as before. Fails with USAGE_INVALID or TOOL_FAILED. */
export async function rewriteDisc(
  disc: string,
  output: string,
  {files, texts}: DiscAdditions,
  {toolbox, signal}: {readonly toolbox: Toolbox; readonly signal: AbortSignal},
): Promise<void> {
  for (const {from, to} of files) await checkFile(from, to)
  const scratch = await mkdtemp(join(tmpdir(), 'haos-remaster-'))
  try {
    const updates = files.map(({from, to}) => ({from: resolve(from), to}))
    const modes: Record<string, string> = {}
    for (const [index, {path, text, mode}] of texts.entries()) {
      const from = join(scratch, String(index))
      await writeFile(from, text)
      updates.push({from, to: path})
      modes[path] = mode
    }
    await runTool(
      xorrisoRewrite,
      {disc: resolve(disc), output: resolve(output), files: updates, modes},
      {toolbox, scratch, epoch: 0, signal, log: join(scratch, 'xorriso.log')},
    )
  } finally {
    await rm(scratch, {recursive: true, force: true})
  }
}

async function checkFile(from: string, to: string): Promise<void> {
  if (!/^(?:\/[^/\0\n]+)+$/.test(to)) {
    throw new HaosError('USAGE_INVALID', `"${to}" is no path on the ISO`, {
      hint: 'Write an absolute path without a trailing slash, such as /extra/file.',
      at: '--file',
    })
  }
  const found = await stat(from).catch(() => undefined)
  if (found?.isFile() || found?.isDirectory()) return
  throw new HaosError('USAGE_INVALID', `there is no file ${from}`, {hint: 'Check the path.', at: '--file'})
}
