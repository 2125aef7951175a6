import {realpath, writeFile} from 'node:fs/promises'
import {join, resolve} from 'node:path'
import {xorrisoRewrite} from '#tools'
import type {AddedFile, RemasterTools} from '../medium.ts'
import {withScratch} from '../with-scratch.ts'

/** Checked additions to an ISO. */
export interface IsoAdditions {
  readonly files: readonly AddedFile[]
  readonly texts: readonly {readonly path: string; readonly text: Uint8Array; readonly mode: string}[]
  /**
   * Timestamp of added files in seconds since 1970: that of existing ones, so that equal additions give equal bytes.
   */
  readonly madeAt: number
}

/** Writes a new ISO with more files, which boots as before. Fails with TOOL_FAILED or DISK_FULL. */
export function rewriteIso(
  iso: string,
  output: string,
  {files, texts, madeAt}: IsoAdditions,
  tools: RemasterTools,
): Promise<void> {
  return withScratch(tools, async (scratch, toolAt) => {
    const updates: AddedFile[] = []
    for (const {from, to} of files) updates.push({from: await realpath(from), to})
    const modes: Record<string, string> = {}
    for (const [index, {path, text, mode}] of texts.entries()) {
      const from = join(scratch, String(index))
      await writeFile(from, text)
      updates.push({from, to: path})
      modes[path] = mode
    }
    const paths = {iso: resolve(iso), output: resolve(output)}
    await toolAt(madeAt)(xorrisoRewrite, {...paths, files: updates, modes, epoch: madeAt})
  })
}
