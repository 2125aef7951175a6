import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {runTool, xorrisoRewrite} from '#engine'
import {checkFile} from '../host-files.ts'
import type {AddedFile, RemasterTools} from '../medium.ts'

/** What is to be added to a disc. */
export interface DiscAdditions {
  /** Host path and absolute disc path. */
  readonly files: readonly AddedFile[]
  readonly texts: readonly {readonly path: string; readonly text: Uint8Array; readonly mode: string}[]
}

/** Writes a disc anew with more files; it goes on booting as before. Fails with USAGE_INVALID or TOOL_FAILED. */
export async function rewriteDisc(
  disc: string,
  output: string,
  {files, texts}: DiscAdditions,
  {toolbox, signal}: RemasterTools,
): Promise<void> {
  for (const file of files) await checkFile(file)
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
